import {
  CreateLoggingConfigurationCommand,
  DeleteLoggingConfigurationCommand,
  type DestinationConfiguration,
  ListLoggingConfigurationsCommand,
  type LoggingConfigurationSummary,
  UpdateLoggingConfigurationCommand,
} from '@aws-sdk/client-ivschat';
import { useState } from 'preact/hooks';
import { Dialog, Field, Notice, WorkButton } from '../src/ui';
import { type Plane, planeWords } from './plane';
import { retag } from './roomform';
import { mapOf, Pairs, pairsOf, Tags } from './tags';
import { useFetched, useTitle, useWork } from './work';

type Open = { what: 'new' } | { what: 'edit' | 'delete'; one: LoggingConfigurationSummary };

/** Where what is said is kept: all logging configurations. */
export function Logging({ plane }: { plane: Plane }) {
  useTitle('Logging');
  const { value, failure, again } = useFetched(() => all(plane), [plane]);
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const done = () => {
    close();
    void again();
  };
  return (
    <>
      <div class="head">
        <h1>Logging</h1>
        <span class="muted count">{value ? value.length : failure === undefined && <span class="spin" role="status" aria-label="Loading" />}</span>
        <span class="grow" />
        <button type="button" class="primary" onClick={() => setOpen({ what: 'new' })}>
          New configuration
        </button>
      </div>
      {failure !== undefined && <Notice kind="bad">{planeWords(failure)}</Notice>}
      {value?.length === 0 && (
        <div class="panel nothing">
          <h2>Nothing is kept</h2>
          <p class="muted">A logging configuration names a bucket, a log group or a stream. Attach it to rooms, and what is said there is written to it.</p>
        </div>
      )}
      <ul class="cards">
        {value?.map((one) => (
          <li key={one.arn} class="panel card">
            <div class="row">
              <h2 class="grow clip">{one.name || one.id}</h2>
              <span class={`chip ${one.state === 'ACTIVE' ? 'good' : 'warn'}`}>{one.state?.toLowerCase().replaceAll('_', ' ')}</span>
            </div>
            <p>
              <span class="muted">{kindOf(one.destinationConfiguration).title}</span> <span class="mono break">{kindOf(one.destinationConfiguration).target}</span>
            </p>
            <p class="mono muted small break">{one.arn}</p>
            <Tags tags={one.tags} all />
            <div class="row">
              <button type="button" class="smaller" onClick={() => setOpen({ what: 'edit', one })}>
                Edit
              </button>
              <button type="button" class="smaller danger" onClick={() => setOpen({ what: 'delete', one })}>
                Delete
              </button>
            </div>
          </li>
        ))}
      </ul>
      {open?.what === 'new' && <LoggingForm plane={plane} onClose={close} onDone={done} />}
      {open?.what === 'edit' && <LoggingForm plane={plane} one={open.one} onClose={close} onDone={done} />}
      {open?.what === 'delete' && <Delete plane={plane} one={open.one} onClose={close} onDone={done} />}
    </>
  );
}

async function all(plane: Plane): Promise<LoggingConfigurationSummary[]> {
  const list: LoggingConfigurationSummary[] = [];
  let nextToken: string | undefined;
  do {
    const page = await plane.client.send(new ListLoggingConfigurationsCommand(nextToken ? { nextToken } : {}));
    list.push(...(page.loggingConfigurations ?? []));
    nextToken = page.nextToken || undefined;
  } while (nextToken);
  return list;
}

type Kind = 's3' | 'cloudWatchLogs' | 'firehose';
const kinds: Record<Kind, { title: string; target: string; hint: string }> = {
  s3: { title: 'S3 bucket', target: 'Bucket name', hint: '3 to 63 small letters, digits, - and .' },
  cloudWatchLogs: { title: 'CloudWatch log group', target: 'Log group name', hint: 'Up to 512 letters, digits, - _ / # and .' },
  firehose: { title: 'Firehose stream', target: 'Delivery stream name', hint: 'Up to 64 letters, digits, - _ and .' },
};

function kindOf(d: DestinationConfiguration | undefined): { kind: Kind; title: string; target: string } {
  if (d?.cloudWatchLogs) return { kind: 'cloudWatchLogs', title: kinds.cloudWatchLogs.title, target: d.cloudWatchLogs.logGroupName ?? '' };
  if (d?.firehose) return { kind: 'firehose', title: kinds.firehose.title, target: d.firehose.deliveryStreamName ?? '' };
  return { kind: 's3', title: kinds.s3.title, target: d?.s3?.bucketName ?? '' };
}

function destination(kind: Kind, target: string): DestinationConfiguration {
  switch (kind) {
    case 's3':
      return { s3: { bucketName: target } };
    case 'cloudWatchLogs':
      return { cloudWatchLogs: { logGroupName: target } };
    case 'firehose':
      return { firehose: { deliveryStreamName: target } };
  }
}

type FormProps = { plane: Plane; one?: LoggingConfigurationSummary; onClose: () => void; onDone: () => void };

function LoggingForm({ plane, one, onClose, onDone }: FormProps) {
  const before = kindOf(one?.destinationConfiguration);
  const [name, setName] = useState(one?.name ?? '');
  const [kind, setKind] = useState<Kind>(before.kind);
  const [target, setTarget] = useState(before.target);
  const [tags, setTags] = useState(pairsOf(one?.tags));
  const { busy, wrong, fields, run } = useWork();
  const submit = (e: Event) => {
    e.preventDefault();
    const settings = { name, destinationConfiguration: destination(kind, target) };
    void run(async () => {
      if (!one?.arn) {
        await plane.client.send(new CreateLoggingConfigurationCommand({ ...settings, tags: mapOf(tags) }));
      } else {
        await plane.client.send(new UpdateLoggingConfigurationCommand({ identifier: one.arn, ...settings }));
        await retag(plane, one.arn, one.tags ?? {}, mapOf(tags));
      }
      onDone();
    });
  };
  return (
    <Dialog title={one ? 'Edit configuration' : 'New configuration'} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        {wrong && <Notice kind="bad">{wrong}</Notice>}
        <Field label="Name" hint="Letters, digits, - and _." wrong={fields['name']}>
          {(a) => <input {...a} maxLength={128} value={name} onInput={(e) => setName(e.currentTarget.value)} />}
        </Field>
        <Field label="Keep in">
          {(a) => (
            <select {...a} value={kind} onChange={(e) => setKind(e.currentTarget.value as Kind)}>
              {Object.entries(kinds).map(([k, { title }]) => (
                <option key={k} value={k}>
                  {title}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={kinds[kind].target} hint={kinds[kind].hint} wrong={fields['bucketName'] ?? fields['logGroupName'] ?? fields['deliveryStreamName']}>
          {(a) => <input {...a} required spellcheck={false} value={target} onInput={(e) => setTarget(e.currentTarget.value)} />}
        </Field>
        <Pairs label="Tags" one="tag" pairs={tags} wrong={fields['tags']} onChange={setTags} />
        <div class="foot">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <WorkButton busy={busy}>{one ? 'Save' : 'Make configuration'}</WorkButton>
        </div>
      </form>
    </Dialog>
  );
}

function Delete(props: { plane: Plane; one: LoggingConfigurationSummary; onClose: () => void; onDone: () => void }) {
  const { plane, one, onClose, onDone } = props;
  const { busy, wrong, run } = useWork();
  const go = () =>
    void run(async () => {
      await plane.client.send(new DeleteLoggingConfigurationCommand({ identifier: one.arn }));
      onDone();
    });
  return (
    <Dialog title={`Delete ${one.name || 'this configuration'}?`} onClose={onClose}>
      {wrong && <Notice kind="bad">{wrong}</Notice>}
      <p class="muted">What was written stays where it is. Nothing further is written there.</p>
      <div class="foot">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <WorkButton busy={busy} class="primary danger" type="button" onClick={go}>
          Delete configuration
        </WorkButton>
      </div>
    </Dialog>
  );
}
