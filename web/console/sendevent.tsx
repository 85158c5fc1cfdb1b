import { SendEventCommand } from '@aws-sdk/client-ivschat';
import { useState } from 'preact/hooks';
import { Dialog, Field, Notice, WorkButton } from '../src/ui';
import type { Plane } from './plane';
import { mapOf, Pairs, type Pair } from './tags';
import { useWork } from './work';

/** Sends the whole room an event of the application's own. */
export function SendEvent(props: { plane: Plane; arn: string; onClose: () => void }) {
  const { plane, arn, onClose } = props;
  const [name, setName] = useState('');
  const [attributes, setAttributes] = useState<Pair[]>([]);
  const { busy, wrong, fields, run } = useWork();
  const submit = (e: Event) => {
    e.preventDefault();
    void run(async () => {
      const map = mapOf(attributes);
      await plane.client.send(new SendEventCommand({ roomIdentifier: arn, eventName: name, ...(Object.keys(map).length > 0 && { attributes: map }) }));
      onClose();
    });
  };
  return (
    <Dialog title="Send event" onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        {wrong && <Notice kind="bad">{wrong}</Notice>}
        <Field label="Event name" hint="Such as app:POLL_OPENED. Names that begin with aws: are the server's own." wrong={fields['eventName']}>
          {(a) => <input {...a} required maxLength={100} spellcheck={false} value={name} onInput={(e) => setName(e.currentTarget.value)} />}
        </Field>
        <Pairs label="Attributes, 4 KB in all" one="attribute" pairs={attributes} wrong={fields['attributes']} onChange={setAttributes} />
        <div class="foot">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <WorkButton busy={busy}>Send to everyone</WorkButton>
        </div>
      </form>
    </Dialog>
  );
}
