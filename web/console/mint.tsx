import { CreateChatTokenCommand, type CreateChatTokenResponse } from '@aws-sdk/client-ivschat';
import { useEffect, useState } from 'preact/hooks';
import { CopyButton, Dialog, Field, Notice, WorkButton } from '../src/ui';
import { type Identity, type Live, tokenRequest } from './live';
import { cliSnippet, sdkSnippet, urlSnippet } from './snippets';
import { mapOf, Pairs, type Pair } from './tags';
import { useWork } from './work';

const capabilities = {
  SEND_MESSAGE: 'Send messages',
  DELETE_MESSAGE: 'Delete messages',
  DISCONNECT_USER: 'Disconnect users',
} as const;

/** Mints a token for anyone, or connects as them right here. */
export function Mint({ live, onClose }: { live: Live; onClose: () => void }) {
  const [userId, setUserId] = useState('');
  const [can, setCan] = useState<string[]>(['SEND_MESSAGE']);
  const [minutes, setMinutes] = useState(60);
  const [attributes, setAttributes] = useState<Pair[]>([]);
  const [minted, setMinted] = useState<CreateChatTokenResponse>();
  const { busy, wrong, fields, run } = useWork();
  const who: Identity = { userId, capabilities: can, minutes, attributes: mapOf(attributes) };

  const mint = () => void run(async () => setMinted(await live.plane.client.send(new CreateChatTokenCommand(tokenRequest(live.arn, who)))));
  const submit = (e: Event) => {
    e.preventDefault();
    mint();
  };
  const here = (form: HTMLFormElement | null) => {
    if (!form?.reportValidity()) return;
    live.speakAs(who);
    onClose();
  };

  if (minted) return <Minted live={live} who={who} minted={minted} busy={busy} wrong={wrong} onAgain={mint} onClose={onClose} />;
  return (
    <Dialog title="Connect someone" onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        {wrong && <Notice kind="bad">{wrong}</Notice>}
        <Field label="User ID" hint="Anyone: the server takes your word for it." wrong={fields['userId']}>
          {(a) => <input {...a} required maxLength={128} spellcheck={false} value={userId} onInput={(e) => setUserId(e.currentTarget.value)} />}
        </Field>
        <fieldset>
          <legend>May</legend>
          {Object.entries(capabilities).map(([c, title]) => (
            <label key={c} class="check">
              <input type="checkbox" checked={can.includes(c)} onChange={(e) => setCan(e.currentTarget.checked ? [...can, c] : can.filter((x) => x !== c))} />
              {title}
            </label>
          ))}
        </fieldset>
        <Field label="Session length in minutes" hint="1 to 180" wrong={fields['sessionDurationInMinutes']}>
          {(a) => <input {...a} type="number" required min={1} max={180} value={minutes} onInput={(e) => setMinutes(e.currentTarget.valueAsNumber)} />}
        </Field>
        <Pairs label="Attributes, 1 KB in all" one="attribute" pairs={attributes} wrong={fields['attributes']} onChange={setAttributes} />
        <div class="foot">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="button" onClick={(e) => here(e.currentTarget.form)}>
            Connect here as them
          </button>
          <WorkButton busy={busy}>Mint a token</WorkButton>
        </div>
      </form>
    </Dialog>
  );
}

type MintedProps = { live: Live; who: Identity; minted: CreateChatTokenResponse; busy: boolean; wrong: string; onAgain: () => void; onClose: () => void };

function Minted({ live, who, minted, busy, wrong, onAgain, onClose }: MintedProps) {
  const token = minted.token ?? '';
  const left = useSecondsUntil(minted.tokenExpirationTime);
  return (
    <Dialog title={`A token for ${who.userId}`} onClose={onClose}>
      {wrong && <Notice kind="bad">{wrong}</Notice>}
      <p class={left > 0 ? 'muted' : 'late'}>{left > 0 ? `Good for one connection, within ${left} s.` : 'This token has expired. Mint another.'}</p>
      <Snippet title="Token" text={token} />
      <Snippet title="URL, as a WebSocket" text={urlSnippet(live.plane, token)} />
      <Snippet title="AWS CLI, to mint another" text={cliSnippet(live.plane, live.arn, who)} />
      <Snippet title="Client SDK" text={sdkSnippet(live.plane, token)} />
      <div class="foot">
        <WorkButton busy={busy} type="button" class="" onClick={onAgain}>
          Mint another
        </WorkButton>
        <button type="button" class="primary" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}

function Snippet({ title, text }: { title: string; text: string }) {
  return (
    <div class="snippet">
      <div class="row">
        <span class="label grow">{title}</span>
        <CopyButton text={text} />
      </div>
      <pre tabIndex={0}>{text}</pre>
    </div>
  );
}

function useSecondsUntil(time: Date | undefined): number {
  const count = () => Math.max(0, Math.ceil(((time?.getTime() ?? 0) - Date.now()) / 1000));
  const [left, setLeft] = useState(count);
  useEffect(() => {
    setLeft(count());
    const timer = setInterval(() => setLeft(count()), 500);
    return () => clearInterval(timer);
  }, [time]);
  return left;
}
