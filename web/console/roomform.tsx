import {
  CreateRoomCommand,
  type CreateRoomRequest,
  type FallbackResult,
  type GetRoomResponse,
  ListLoggingConfigurationsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateRoomCommand,
} from '@aws-sdk/client-ivschat';
import { useState } from 'preact/hooks';
import { Dialog, Field, Notice, WorkButton } from '../src/ui';
import type { Plane } from './plane';
import { changes, mapOf, Pairs, pairsOf } from './tags';
import { useFetched, useWork } from './work';

type Props = {
  plane: Plane;
  room?: GetRoomResponse; // the room to edit; none: a new one
  onClose: () => void;
  onDone: (arn: string) => void;
};

/** Makes a room, or changes every field of one. */
export function RoomForm({ plane, room, onClose, onDone }: Props) {
  const [name, setName] = useState(room?.name ?? '');
  const [length, setLength] = useState(room?.maximumMessageLength ?? 500);
  const [rate, setRate] = useState(room?.maximumMessageRatePerSecond ?? 10);
  const [uri, setUri] = useState(room?.messageReviewHandler?.uri ?? '');
  const [fallback, setFallback] = useState<FallbackResult>(room?.messageReviewHandler?.fallbackResult ?? 'ALLOW');
  const [logging, setLogging] = useState(room?.loggingConfigurationIdentifiers ?? []);
  const [tags, setTags] = useState(pairsOf(room?.tags));
  const { busy, wrong, fields, run } = useWork();

  const submit = (e: Event) => {
    e.preventDefault();
    const settings = {
      name,
      maximumMessageLength: length,
      maximumMessageRatePerSecond: rate,
      // An empty uri takes a handler away; a new room has none to take.
      ...((uri || room) && { messageReviewHandler: { uri, fallbackResult: fallback } }),
      loggingConfigurationIdentifiers: logging,
    };
    void run(async () => {
      onDone(await save(plane, room, settings, mapOf(tags)));
      onClose();
    });
  };

  return (
    <Dialog title={room ? 'Edit room' : 'New room'} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        {wrong && <Notice kind="bad">{wrong}</Notice>}
        <Field label="Name" hint="Letters, digits, - and _. It need not be unique." wrong={fields['name']}>
          {(a) => <input {...a} maxLength={128} value={name} onInput={(e) => setName(e.currentTarget.value)} />}
        </Field>
        <div class="two">
          <Field label="Characters a message" hint="1 to 500" wrong={fields['maximumMessageLength']}>
            {(a) => <input {...a} type="number" required min={1} max={500} value={length} onInput={(e) => setLength(e.currentTarget.valueAsNumber)} />}
          </Field>
          <Field label="Messages a second" hint="1 to 100, all senders together" wrong={fields['maximumMessageRatePerSecond']}>
            {(a) => <input {...a} type="number" required min={1} max={100} value={rate} onInput={(e) => setRate(e.currentTarget.valueAsNumber)} />}
          </Field>
        </div>
        <Review uri={uri} onUri={setUri} fallback={fallback} onFallback={setFallback} wrong={fields['uri'] ?? fields['messageReviewHandler']} />
        <LoggingChoice plane={plane} chosen={logging} onChange={setLogging} />
        <Pairs label="Tags" one="tag" pairs={tags} wrong={fields['tags']} onChange={setTags} />
        <div class="foot">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <WorkButton busy={busy}>{room ? 'Save' : 'Make room'}</WorkButton>
        </div>
      </form>
    </Dialog>
  );
}

/** Makes the room or changes it, and returns its ARN. */
async function save(plane: Plane, room: GetRoomResponse | undefined, settings: Omit<CreateRoomRequest, 'tags'>, tags: Record<string, string>): Promise<string> {
  if (!room?.arn) {
    const made = await plane.client.send(new CreateRoomCommand({ ...settings, tags }));
    return made.arn ?? '';
  }
  await plane.client.send(new UpdateRoomCommand({ identifier: room.arn, ...settings }));
  await retag(plane, room.arn, room.tags ?? {}, tags);
  return room.arn;
}

/** Changes a resource's tags from those before to those after. */
export async function retag(plane: Plane, resourceArn: string, before: Record<string, string>, after: Record<string, string>) {
  const { gone, set } = changes(before, after);
  if (gone.length > 0) await plane.client.send(new UntagResourceCommand({ resourceArn, tagKeys: gone }));
  if (Object.keys(set).length > 0) await plane.client.send(new TagResourceCommand({ resourceArn, tags: set }));
}

type ReviewProps = { uri: string; onUri: (uri: string) => void; fallback: FallbackResult; onFallback: (result: FallbackResult) => void; wrong: string | undefined };

function Review({ uri, onUri, fallback, onFallback, wrong }: ReviewProps) {
  return (
    <>
      <Field label="Review function" hint="ARN of a Lambda function that sees each message first. Empty: none." wrong={wrong}>
        {(a) => <input {...a} class="mono" spellcheck={false} value={uri} onInput={(e) => onUri(e.currentTarget.value)} />}
      </Field>
      {uri && (
        <Field label="When review fails">
          {(a) => (
            <select {...a} value={fallback} onChange={(e) => onFallback(e.currentTarget.value as FallbackResult)}>
              <option value="ALLOW">Let the message through</option>
              <option value="DENY">Keep the message back</option>
            </select>
          )}
        </Field>
      )}
    </>
  );
}

function LoggingChoice(props: { plane: Plane; chosen: string[]; onChange: (chosen: string[]) => void }) {
  const { plane, chosen, onChange } = props;
  const { value } = useFetched(async () => (await plane.client.send(new ListLoggingConfigurationsCommand({}))).loggingConfigurations ?? [], [plane]);
  const known = value?.map((l) => ({ arn: l.arn ?? '', name: l.name || l.id || '' })) ?? [];
  const unknown = chosen.filter((arn) => !known.some((k) => k.arn === arn)).map((arn) => ({ arn, name: arn }));
  const all = [...known, ...unknown];
  return (
    <fieldset>
      <legend>Logging, up to 3</legend>
      {value && all.length === 0 && <p class="muted small">No logging configurations. Make one under Logging to keep what is said.</p>}
      {all.map((l) => (
        <label key={l.arn} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(l.arn)}
            disabled={!chosen.includes(l.arn) && chosen.length >= 3}
            onChange={(e) => onChange(e.currentTarget.checked ? [...chosen, l.arn] : chosen.filter((c) => c !== l.arn))}
          />
          <span class="clip">{l.name}</span>
        </label>
      ))}
    </fieldset>
  );
}
