import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useStore } from '../src/store';
import { Dialog, Field, Notice, WorkButton } from '../src/ui';
import { Composer } from './composer';
import { LineView } from './line';
import type { Link, Said, Session } from './session';

/** The chat: who you are, what is said, and where to say something. */
export function Chat({ session, onLeave }: { session: Session; onLeave: () => void }) {
  useStore(session);
  const [wrong, setWrong] = useState('');
  const [removing, setRemoving] = useState<Said>();

  const act = (deed: Promise<unknown>) => {
    setWrong('');
    deed.catch((e: unknown) => setWrong(e instanceof Error ? e.message : String(e)));
  };

  return (
    <>
      <header class="chathead">
        <img src={`./avatars/${session.who.avatar}.svg`} width="34" height="34" alt="" />
        <div class="grow">
          <div class="clip name">{session.who.name}</div>
          <div class="muted small role">{session.who.role}</div>
        </div>
        <Pill link={session.link} />
        <button type="button" class="quiet smaller" onClick={onLeave}>
          Leave
        </button>
      </header>
      <Lines session={session} onDelete={(line) => act(session.delete(line))} onKick={setRemoving} />
      <div class="chatfoot">
        {wrong && session.link.state !== 'ended' && (
          <Notice kind="bad" onClose={() => setWrong('')}>
            {wrong}
          </Notice>
        )}
        {session.link.state === 'ended' && <Ended link={session.link} onRetry={() => session.join()} />}
        <Composer session={session} onWrong={setWrong} />
        <p class="muted ends">{session.ends ? `Session until ${clock(session.ends)}, then renewed by itself` : '\u00a0'}</p>
      </div>
      {removing && <Remove line={removing} onClose={() => setRemoving(undefined)} onRemove={(reason) => act(session.kick(removing.userId, reason))} />}
    </>
  );
}

const linkWords: Record<Link['state'], string> = {
  connecting: 'Connecting',
  connected: 'Connected',
  reconnecting: 'Reconnecting',
  ended: 'Not connected',
};

function Pill({ link }: { link: Link }) {
  return (
    <span class={`pill ${link.state}`} role="status">
      <i aria-hidden="true" />
      {linkWords[link.state]}
    </span>
  );
}

function Ended(props: { link: Link & { state: 'ended' }; onRetry: () => void }) {
  const { retryAt, kicked, why } = props.link;
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = retryAt && setInterval(() => tick((n) => n + 1), 500);
    return () => clearInterval(timer || undefined);
  }, [retryAt]);
  const seconds = retryAt ? Math.max(0, Math.ceil((retryAt - Date.now()) / 1000)) : 0;
  return (
    <div class={`notice ${kicked ? 'bad' : 'warn'}`} role="alert">
      <div class="grow">
        {why} {retryAt ? <span aria-hidden="true">Trying again in {seconds} s.</span> : null}
      </div>
      <button type="button" class="smaller" onClick={props.onRetry}>
        {kicked ? 'Join again' : 'Connect now'}
      </button>
    </div>
  );
}

/** The lines, newest below. It follows them, unless the reader scrolled up. */
function Lines(props: { session: Session; onDelete: (line: Said) => void; onKick: (line: Said) => void }) {
  const { session } = props;
  const ref = useRef<HTMLDivElement>(null);
  const [since, setSince] = useState<string>(); // the last line seen before scrolling up
  const last = session.lines.at(-1);

  const toEnd = () => {
    session.paused = false;
    setSince(undefined);
    const box = ref.current;
    if (box) box.scrollTop = box.scrollHeight;
  };
  // Who has not scrolled up sees the end: also of a shorter box, as when the keyboard of a
  // phone opens. And who sees the end, because lines above went, has not scrolled up.
  const settle = () => {
    if (!session.paused || !isUp(ref.current)) toEnd();
  };
  useLayoutEffect(settle, [session.lines]);
  useEffect(() => {
    if (!ref.current) return;
    const watch = new ResizeObserver(settle);
    watch.observe(ref.current);
    return () => watch.disconnect();
  }, [session]);
  const scrolled = () => {
    const up = isUp(ref.current);
    if (up === session.paused) return;
    session.paused = up;
    setSince(up ? last?.id : undefined);
  };

  const fresh = since ? session.lines.length - 1 - session.lines.findIndex((l) => l.id === since) : 0;
  return (
    <div class="lines">
      <div class="scroll" ref={ref} onScroll={scrolled} role="log" aria-label="Messages" tabIndex={0}>
        {session.lines.length === 0 ? (
          <div class="empty">
            <h3>It is quiet here</h3>
            <p class="muted small">{session.can.send ? 'Say the first word.' : 'What others say will appear here.'}</p>
          </div>
        ) : (
          <ol>
            {session.lines.map((line) => (
              <LineView key={line.id} line={line} can={session.can} onDelete={props.onDelete} onKick={props.onKick} />
            ))}
          </ol>
        )}
      </div>
      {since !== undefined && (
        <button type="button" class="jump smaller" onClick={toEnd}>
          {fresh > 0 ? `${fresh} new` : 'Paused'} · back to the newest
        </button>
      )}
    </div>
  );
}

/** Is the reader of the box away from its end? */
function isUp(box: HTMLElement | null): boolean {
  return box !== null && box.scrollHeight - box.scrollTop - box.clientHeight > 48;
}

function Remove(props: { line: Said; onClose: () => void; onRemove: (reason: string) => void }) {
  const [reason, setReason] = useState('');
  return (
    <Dialog title={`Remove ${props.line.name}?`} onClose={props.onClose}>
      <form
        class="stack"
        onSubmit={(e) => {
          e.preventDefault();
          props.onRemove(reason.trim());
          props.onClose();
        }}
      >
        <p class="muted">Their connection ends and what they said goes. They can come back: to keep someone out, an application stops giving them tokens.</p>
        <Field label="Reason" hint="Everybody in the room sees it.">
          {(a) => <input {...a} maxLength={256} value={reason} onInput={(e) => setReason(e.currentTarget.value)} placeholder="Optional" />}
        </Field>
        <div class="foot">
          <button type="button" onClick={props.onClose}>
            Cancel
          </button>
          <WorkButton busy={false} class="primary danger">
            Remove
          </WorkButton>
        </div>
      </form>
    </Dialog>
  );
}

function clock(time: Date): string {
  return time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
