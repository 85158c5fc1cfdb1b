import { ListRoomsCommand, type RoomSummary } from '@aws-sdk/client-ivschat';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Rows } from '../src/rows';
import { Notice } from '../src/ui';
import { type Plane, planeWords } from './plane';
import { RoomForm } from './roomform';
import { roomLink } from './route';
import { Tags } from './tags';
import { useTitle } from './work';

const batch = 500; // rooms fetched before asking to go on

/** All rooms: find one, make one. */
export function Rooms({ plane }: { plane: Plane }) {
  useTitle('Rooms');
  const { rooms, next, loading, failure, more, reload } = useRooms(plane);
  const [sought, setSought] = useState('');
  const [making, setMaking] = useState(false);
  const found = useMemo(() => rooms.filter((r) => fits(r, sought)), [rooms, sought]);

  return (
    <>
      <div class="head">
        <h1>Rooms</h1>
        <span class="muted count">{loading ? <span class="spin" role="status" aria-label="Loading rooms" /> : failure === undefined && `${found.length}${next ? '+' : ''}`}</span>
        <span class="grow" />
        <input type="search" aria-label="Search rooms" placeholder="Search name, ARN or tag" value={sought} onInput={(e) => setSought(e.currentTarget.value)} />
        <button type="button" class="primary" onClick={() => setMaking(true)}>
          New room
        </button>
      </div>
      {failure !== undefined && (
        <Notice kind="bad">
          {planeWords(failure)}{' '}
          <button type="button" class="smaller" onClick={reload}>
            Try again
          </button>
        </Notice>
      )}
      {found.length > 0 && <Rows count={found.length} height={64} attributes={{ class: 'panel list', 'aria-label': 'Rooms', role: 'list' }} row={(i) => found[i] && <RoomRow room={found[i]} />} />}
      {!loading && failure === undefined && found.length === 0 && <Nothing sought={sought} onMake={() => setMaking(true)} />}
      {next && !loading && (
        <div class="row">
          <button type="button" onClick={more}>
            Load more rooms
          </button>
          {sought && <span class="muted small">The search covers the {rooms.length} rooms loaded so far.</span>}
        </div>
      )}
      {making && (
        <RoomForm
          plane={plane}
          onClose={() => setMaking(false)}
          onDone={(arn) => {
            location.hash = roomLink(arn);
          }}
        />
      )}
    </>
  );
}

function RoomRow({ room }: { room: RoomSummary }) {
  return (
    <div role="listitem">
      <a class="roomrow" href={roomLink(room.arn ?? '')}>
        <span class="grow">
          <strong class="clip">{room.name || <em class="muted">no name</em>}</strong>
          <span class="mono muted clip">{room.id}</span>
        </span>
        <Tags tags={room.tags} />
        {room.messageReviewHandler?.uri && <span class="chip">review</span>}
        {room.loggingConfigurationIdentifiers?.length ? <span class="chip">logged</span> : null}
        <time class="muted small" dateTime={room.createTime?.toISOString()}>
          {room.createTime?.toLocaleDateString([], { year: 'numeric', month: 'short', day: 'numeric' })}
        </time>
      </a>
    </div>
  );
}

function Nothing(props: { sought: string; onMake: () => void }) {
  if (props.sought) {
    return (
      <div class="panel nothing">
        <h2>No room matches</h2>
        <p class="muted">Nothing named, tagged or numbered “{props.sought}”.</p>
      </div>
    );
  }
  return (
    <div class="panel nothing">
      <h2>No rooms yet</h2>
      <p class="muted">A room is where people talk. Make the first one, then mint a token to connect to it.</p>
      <button type="button" class="primary" onClick={props.onMake}>
        New room
      </button>
    </div>
  );
}

function fits(room: RoomSummary, sought: string): boolean {
  const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [room.name, room.arn, ...Object.entries(room.tags ?? {}).flat()].join(' ').toLowerCase();
  return words.every((w) => text.includes(w));
}

/** Fetches rooms page by page, showing them as they come. */
function useRooms(plane: Plane) {
  const [rooms, setRooms] = useState<RoomSummary[]>([]);
  const [next, setNext] = useState<string>();
  const [loading, setLoading] = useState(true);
  const [failure, setFailure] = useState<unknown>();

  const load = async (from: string | undefined, gone: () => boolean) => {
    setLoading(true);
    setFailure(undefined);
    try {
      let token = from;
      let count = 0;
      do {
        const page = await plane.client.send(new ListRoomsCommand({ maxResults: 50, ...(token && { nextToken: token }) }));
        if (gone()) return;
        token = page.nextToken || undefined;
        count += page.rooms?.length ?? 0;
        setRooms((have) => [...have, ...(page.rooms ?? [])]);
        setNext(token);
      } while (token && count < batch);
    } catch (e) {
      if (!gone()) setFailure(e);
    } finally {
      if (!gone()) setLoading(false);
    }
  };
  const reload = () => {
    let gone = false;
    setRooms([]);
    void load(undefined, () => gone);
    return () => {
      gone = true;
    };
  };
  useEffect(reload, [plane]);
  return { rooms, next, loading, failure, reload, more: () => void load(next, () => false) };
}
