import { useMemo, useState } from 'preact/hooks';
import { Rows } from '../src/rows';
import { useStore } from '../src/store';
import { CopyButton, Notice, WorkButton } from '../src/ui';
import type { Item, Link, Live } from './live';
import { Speak } from './speak';
import { useWork } from './work';

type Props = { live: Live; onDelete: (item: Item) => Promise<void>; onDisconnect: (userId: string) => void };

/** What happens in the room, a row each, newest below. */
export function Feed({ live, onDelete, onDisconnect }: Props) {
  useStore(live);
  const [follow, setFollow] = useState(true);
  const [sought, setSought] = useState('');
  const [chosen, setChosen] = useState<string>();
  const items = live.items;
  const shown = useMemo(() => (sought ? items.filter((i) => `${i.user} ${i.text}`.toLowerCase().includes(sought.toLowerCase())) : items), [items, items.length, live.dropped, sought]);
  const at = chosen === undefined ? -1 : shown.findLastIndex((i) => i.id === chosen);
  const item = shown[at];

  const setPaused = (now: boolean) => {
    setFollow(!now);
    live.paused = now;
  };
  const followed = (now: boolean) => {
    if (!now || !item) setPaused(!now); // at the end again: what is inspected stays in view all the same
  };
  const choose = (id: string) => {
    setPaused(true); // or the row would run away from under its inspector
    setChosen(id);
  };
  const keys = (e: KeyboardEvent) => {
    const to = shown[stepOf(e.key, at, shown.length)];
    if (to) {
      e.preventDefault();
      choose(to.id);
    } else if (e.key === 'End' || e.key === 'Escape') {
      if (e.key === 'End') setPaused(false);
      setChosen(undefined);
    }
  };

  return (
    <section class="panel feed" aria-label="Messages">
      <Bar live={live} sought={sought} onSeek={setSought} follow={follow} onFollow={(f) => setPaused(!f)} />
      {shown.length > 0 ? (
        <Rows
          count={shown.length}
          height={32}
          base={sought ? 0 : live.dropped}
          follow={follow}
          onFollow={followed}
          show={at >= 0 ? at : undefined}
          attributes={{ role: 'listbox', 'aria-label': 'Messages, newest last', onKeyDown: keys, ...(item && { 'aria-activedescendant': `item-${item.id}` }) }}
          row={(i) => shown[i] && <FeedRow item={shown[i]} chosen={i === at} onChoose={choose} />}
        />
      ) : (
        <Nothing sought={sought !== ''} link={live.link} />
      )}
      {item && <Inspector key={item.id} item={item} onDelete={onDelete} onDisconnect={onDisconnect} onClose={() => setChosen(undefined)} />}
      <Speak live={live} />
    </section>
  );
}

/** The row a key leads to from row at, out of count; -1 if to none. */
function stepOf(key: string, at: number, count: number): number {
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[key];
  return step === undefined ? -1 : Math.min(count - 1, Math.max(0, (at < 0 ? count : at) + step));
}

type BarProps = { live: Live; sought: string; onSeek: (text: string) => void; follow: boolean; onFollow: (follow: boolean) => void };

function Bar({ live, sought, onSeek, follow, onFollow }: BarProps) {
  return (
    <>
      <div class="bar">
        <LinkPill live={live} />
        <span class="grow" />
        <input type="search" aria-label="Filter messages" placeholder="Filter" value={sought} onInput={(e) => onSeek(e.currentTarget.value)} />
        <button type="button" class="smaller" aria-pressed={!follow} onClick={() => onFollow(!follow)}>
          {follow ? 'Pause' : 'Follow'}
        </button>
        <button type="button" class="quiet smaller" onClick={() => live.clear()}>
          Clear
        </button>
      </div>
      {(live.link === 'disconnected' || (live.link === 'connecting' && live.trouble)) && (
        <Notice kind="warn">
          {live.trouble || 'This console is no longer connected to the room.'}{' '}
          <button type="button" class="smaller" onClick={() => live.connect()}>
            Connect again
          </button>
        </Notice>
      )}
    </>
  );
}

function Nothing({ sought, link }: { sought: boolean; link: Link }) {
  const [title, more] = sought
    ? ['Nothing matches', 'No message kept here has that in it.']
    : link === 'disconnected'
      ? ['Nobody is listening', 'Messages and events appear here once this console is connected.']
      : ['Nothing has happened yet', 'Messages and events appear here as they come. Nothing from before is kept.'];
  return (
    <div class="nothing">
      <h2>{title}</h2>
      <p class="muted">{more}</p>
    </div>
  );
}

function LinkPill({ live }: { live: Live }) {
  const words = { connecting: 'Connecting', connected: 'Live', disconnected: 'Not connected' }[live.link];
  return (
    <span class={`pill ${live.link}`} role="status">
      <i aria-hidden="true" />
      {words}
    </span>
  );
}

const clock = new Intl.DateTimeFormat([], { timeStyle: 'medium', hourCycle: 'h23' });
const marks = { message: '', event: 'event', delete: 'deleted', kick: 'out' } as const;

function FeedRow(props: { item: Item; chosen: boolean; onChoose: (id: string) => void }) {
  const { item, chosen, onChoose } = props;
  return (
    <div id={`item-${item.id}`} role="option" aria-selected={chosen} class={`feedrow ${item.kind} ${item.deleted ? 'gone' : ''}`} onClick={() => onChoose(item.id)}>
      <time>{clock.format(item.time)}</time>
      <span class="user clip">{item.user || '·'}</span>
      {marks[item.kind] && <span class="chip">{marks[item.kind]}</span>}
      <span class="text clip">{item.text}</span>
      {item.attributes > 0 && <span class="chip">{item.attributes} attr</span>}
    </div>
  );
}

type InspectorProps = { item: Item; onDelete: Props['onDelete']; onDisconnect: Props['onDisconnect']; onClose: () => void };

function Inspector({ item, onDelete, onDisconnect, onClose }: InspectorProps) {
  const { busy, wrong, run } = useWork();
  const json = JSON.stringify(item.whole, null, 2);
  return (
    <div class="inspector">
      {wrong && <Notice kind="bad">{wrong}</Notice>}
      <div class="row wrap">
        {item.kind === 'message' && (
          <WorkButton busy={busy} type="button" class="smaller danger" disabled={item.deleted} onClick={() => void run(() => onDelete(item))}>
            {item.deleted ? 'Deleted' : 'Delete message'}
          </WorkButton>
        )}
        {item.kind === 'message' && (
          <button type="button" class="smaller danger" onClick={() => onDisconnect(item.user)}>
            Disconnect user
          </button>
        )}
        <CopyButton text={json} label="Copy JSON" />
        <span class="grow" />
        <button type="button" class="quiet icon smaller" onClick={onClose} aria-label="Close the inspector">
          ×
        </button>
      </div>
      <pre tabIndex={0}>{json}</pre>
    </div>
  );
}
