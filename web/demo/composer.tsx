import { useRef, useState } from 'preact/hooks';
import { type Emote, emotes, type Sticker, stickers } from './looks';
import type { Session } from './session';

const longest = 500;

/** Where one writes, picks a sticker or throws an emote. */
export function Composer({ session, onWrong }: { session: Session; onWrong: (words: string) => void }) {
  const [text, setText] = useState('');
  const [sending, setSending] = useState(0);
  const box = useRef<HTMLInputElement>(null);
  const open = session.link.state === 'connected';

  if (!session.can.send) {
    return <p class="muted small reading">You are here as a viewer, reading along. Leave and come back as a sender to write.</p>;
  }

  const send = async (deed: () => Promise<unknown>, undo?: () => void) => {
    onWrong('');
    setSending((n) => n + 1);
    try {
      await deed();
    } catch (e) {
      onWrong(e instanceof Error ? e.message : String(e));
      undo?.();
    } finally {
      setSending((n) => n - 1);
    }
  };
  const submit = (e: Event) => {
    e.preventDefault();
    const said = text.trim();
    if (!said || !open) return;
    setText('');
    box.current?.focus();
    // What the room refused goes back into the box, unless there is new text.
    void send(
      () => session.say(said),
      () => setText((now) => now || said),
    );
  };
  const left = longest - [...text].length;

  return (
    <form class="composer" onSubmit={submit}>
      <Throws open={open} onEmote={(e) => void send(() => session.emote(e))} onSticker={(s) => void send(() => session.stick(s))} />
      <div class="row">
        <input ref={box} class="grow" aria-label="Message" placeholder={open ? 'Say something' : 'Not connected'} value={text} onInput={(e) => setText(e.currentTarget.value)} autoComplete="off" enterKeyHint="send" />
        <button type="submit" class="primary send" disabled={!open || !text.trim()} aria-busy={sending > 0} aria-label="Send">
          <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            <path d="M10 16V4M5 9l5-5 5 5" />
          </svg>
        </button>
      </div>
      {left < 60 && <p class={left < 0 ? 'count over' : 'count'}>{left < 0 ? `${-left} too many` : `${left} left`}</p>}
    </form>
  );
}

/** The emotes, and the stickers when asked for. */
function Throws(props: { open: boolean; onEmote: (emote: Emote) => void; onSticker: (sticker: Sticker) => void }) {
  const { open, onEmote, onSticker } = props;
  const [tray, setTray] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const close = () => {
    setTray(false);
    opener.current?.focus();
  };
  const pick = (sticker: Sticker) => {
    close();
    onSticker(sticker);
  };
  return (
    <>
      <div class="throws" role="group" aria-label="Emotes">
        {(Object.keys(emotes) as Emote[]).map((e) => (
          <button key={e} type="button" class="quiet icon emoji" disabled={!open} onClick={() => onEmote(e)} aria-label={`Throw ${e}`}>
            {emotes[e]}
          </button>
        ))}
        <span class="grow" />
        <button ref={opener} type="button" class="quiet smaller" aria-expanded={tray} onClick={() => setTray(!tray)}>
          Stickers
        </button>
      </div>
      {tray && (
        <div class="tray" role="group" aria-label="Stickers" onKeyDown={(e) => e.key === 'Escape' && close()}>
          {stickers.map((s) => (
            <button key={s} type="button" class="quiet" disabled={!open} onClick={() => pick(s)}>
              <img src={`./stickers/${s}.svg`} width="80" height="52" alt={`Send sticker ${s}`} />
            </button>
          ))}
        </div>
      )}
    </>
  );
}
