import { useEffect, useRef, useState } from 'preact/hooks';
import { Notice } from '../src/ui';
import type { Live } from './live';

/** The line to write on, once connected as someone. */
export function Speak({ live }: { live: Live }) {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState('');
  const box = useRef<HTMLInputElement>(null);
  const speaker = live.speaker;
  useEffect(() => box.current?.focus(), [speaker]);
  if (!speaker) return null;

  const submit = async (e: Event) => {
    e.preventDefault();
    if (!text) return;
    const said = text;
    setText('');
    setWrong('');
    try {
      await speaker.say(said);
    } catch (e) {
      setWrong(e instanceof Error ? e.message : String(e));
      setText((now) => now || said);
    }
  };
  const mayWrite = speaker.identity.capabilities.includes('SEND_MESSAGE');
  return (
    <form class="speak" onSubmit={(e) => void submit(e)}>
      {wrong && (
        <Notice kind="bad" onClose={() => setWrong('')}>
          {wrong}
        </Notice>
      )}
      {speaker.trouble && speaker.link === 'disconnected' && <Notice kind="bad">{speaker.trouble}</Notice>}
      <div class="row">
        <span class="small who">
          as <b class="clip">{speaker.identity.userId}</b>
        </span>
        {speaker.link === 'disconnected' ? (
          <>
            <span class="grow muted small">Disconnected.</span>
            <button type="button" class="smaller" onClick={() => speaker.again()}>
              Connect again
            </button>
          </>
        ) : mayWrite ? (
          <>
            <input ref={box} class="grow" aria-label="Message" placeholder={speaker.link === 'connected' ? 'Say something' : 'Connecting'} value={text} onInput={(e) => setText(e.currentTarget.value)} />
            <button type="submit" class="primary smaller" disabled={!text || speaker.link !== 'connected'}>
              Send
            </button>
          </>
        ) : (
          <span class="grow muted small">Connected, without the capability to send.</span>
        )}
        <button type="button" class="quiet smaller" onClick={() => live.silence()}>
          Leave
        </button>
      </div>
    </form>
  );
}
