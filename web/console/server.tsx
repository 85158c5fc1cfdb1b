import { Notice } from '../src/ui';
import { type Node, NotOffered, type Plane, planeWords, type Quota } from './plane';
import { useEvery, useFetched, useTitle } from './work';

/** The nodes of the cluster, and how much of each quota is used. */
export function Server({ plane }: { plane: Plane }) {
  useTitle('Server');
  const { value, failure, again } = useFetched(() => plane.status(), [plane]);
  useEvery(3000, () => failure instanceof NotOffered || again());
  const nodes = value?.nodes ?? [];
  const quotas = value?.quotas ?? [];
  return (
    <>
      <div class="head">
        <h1>Server</h1>
        <span class="muted count">{!value && failure === undefined && <span class="spin" role="status" aria-label="Loading" />}</span>
      </div>
      {failure instanceof NotOffered ? (
        <div class="panel nothing">
          <h2>This server does not tell</h2>
          <p class="muted">Its state and quotas are not offered here. Its metrics and health endpoints know them too.</p>
        </div>
      ) : (
        failure !== undefined && <Notice kind="bad">{planeWords(failure)}</Notice>
      )}
      {nodes.length > 0 && (
        <section class="stack" aria-labelledby="nodes">
          <h2 id="nodes">{nodes.length === 1 ? 'One node' : `${nodes.length} nodes`}</h2>
          <ul class="cards">
            {nodes.map((n) => (
              <NodeCard key={n.id} node={n} />
            ))}
          </ul>
        </section>
      )}
      {quotas.length > 0 && <Quotas quotas={quotas} />}
    </>
  );
}

function NodeCard({ node }: { node: Node }) {
  const known = node.startTime; // a node that does not answer tells nothing
  return (
    <li class="panel card">
      <div class="row">
        <h3 class="grow clip mono">{node.id}</h3>
        <span class={`chip ${node.ready ? 'good' : 'warn'}`}>{node.ready ? 'ready' : 'not ready'}</span>
      </div>
      {!node.ready && node.reason && <p class="wrong">{node.reason}</p>}
      <dl class="numbers">
        <div>
          <dt>Connections</dt>
          <dd>{known ? (node.connections ?? 0).toLocaleString() : '–'}</dd>
        </div>
        <div>
          <dt>Live rooms</dt>
          <dd>{known ? (node.rooms ?? 0).toLocaleString() : '–'}</dd>
        </div>
      </dl>
      {known && (
        <p class="muted small">
          {node.version} · up since {new Date(known).toLocaleString()}
        </p>
      )}
    </li>
  );
}

/** What is counted at a time; all others are rates. */
const counts = ['Connections', 'Rooms', 'LoggingConfigurations'];

function Quotas({ quotas }: { quotas: Quota[] }) {
  const kept = quotas.filter((q) => counts.includes(q.name));
  const rates = quotas.filter((q) => !counts.includes(q.name) && q.limit > 0);
  const free = quotas.filter((q) => !counts.includes(q.name) && q.limit <= 0);
  return (
    <section class="stack" aria-labelledby="quotas">
      <h2 id="quotas">Quotas in use</h2>
      <div class="quotagrid">
        {kept.length > 0 && <QuotaList title="At a time" quotas={kept} />}
        {rates.length > 0 && <QuotaList title="Each second" quotas={rates} />}
      </div>
      {free.length > 0 && <p class="muted small">Without a limit on this server: {free.map((q) => inWords(q.name)).join(', ')}.</p>}
    </section>
  );
}

function QuotaList(props: { title: string; quotas: Quota[] }) {
  return (
    <div class="panel quotas">
      <h3>{props.title}</h3>
      <ul>
        {props.quotas.map((q) => (
          <QuotaRow key={q.name} quota={q} />
        ))}
      </ul>
    </div>
  );
}

function QuotaRow({ quota }: { quota: Quota }) {
  const { name, used, limit } = quota;
  return (
    <li>
      <div class="row">
        <span class="grow">{inWords(name)}</span>
        <span class="muted figures">{limit > 0 ? `${used.toLocaleString()} of ${limit.toLocaleString()}` : `${used.toLocaleString()}, no limit`}</span>
      </div>
      {limit > 0 && <meter aria-label={inWords(name)} min={0} max={1} high={0.8} optimum={0} value={used / limit} />}
    </li>
  );
}

/** "LoggingConfigurations" as people write it; operations keep their names. */
function inWords(name: string): string {
  return counts.includes(name) ? name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').replace(/ [A-Z]/g, (s) => s.toLowerCase()) : name;
}
