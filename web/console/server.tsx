import { Notice } from '../src/ui';
import { type Node, NotOffered, type Plane, planeWords, type Quota } from './plane';
import { useEvery, useFetched } from './work';

/** The nodes of the cluster, and how much of each quota is used. */
export function Server({ plane }: { plane: Plane }) {
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
      {quotas.length > 0 && (
        <section class="stack" aria-labelledby="quotas">
          <h2 id="quotas">Quotas in use</h2>
          <ul class="panel quotas">
            {quotas.map((q) => (
              <QuotaRow key={q.name} quota={q} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function NodeCard({ node }: { node: Node }) {
  return (
    <li class="panel card">
      <div class="row">
        <h3 class="grow clip mono">{node.id}</h3>
        <span class={`chip ${node.ready ? 'good' : 'warn'}`}>{node.ready ? 'ready' : (node.reason ?? 'not ready')}</span>
      </div>
      <dl class="numbers">
        <div>
          <dt>Connections</dt>
          <dd>{(node.connections ?? 0).toLocaleString()}</dd>
        </div>
        <div>
          <dt>Live rooms</dt>
          <dd>{(node.rooms ?? 0).toLocaleString()}</dd>
        </div>
      </dl>
      <p class="muted small">
        {[node.version, node.startTime && `up since ${new Date(node.startTime).toLocaleString()}`].filter(Boolean).join(' · ')}
      </p>
    </li>
  );
}

function QuotaRow({ quota }: { quota: Quota }) {
  const part = quota.limit > 0 ? quota.used / quota.limit : 0;
  return (
    <li>
      <div class="row">
        <span class="grow">{quota.name}</span>
        <span class="muted figures">{quota.limit > 0 ? `${quota.used.toLocaleString()} of ${quota.limit.toLocaleString()}` : `${quota.used.toLocaleString()}, no limit`}</span>
      </div>
      <meter aria-label={quota.name} min={0} max={1} high={0.8} optimum={0} value={part} />
    </li>
  );
}
