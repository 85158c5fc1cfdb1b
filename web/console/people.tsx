import { useEffect, useState } from 'preact/hooks';
import { Rows } from '../src/rows';
import { Notice } from '../src/ui';
import type { Live } from './live';
import { type Connection, NotOffered, planeWords } from './plane';
import { useEvery } from './work';

const most = 1000;
const letters: Record<string, string> = { SEND_MESSAGE: 'send', DELETE_MESSAGE: 'delete', DISCONNECT_USER: 'kick' };

/** Who is connected to the room right now. */
export function People({ live, onDisconnect }: { live: Live; onDisconnect: (userId: string) => void }) {
  const [here, setHere] = useState<Connection[]>();
  const [more, setMore] = useState(false);
  const [failure, setFailure] = useState<unknown>();

  const look = async () => {
    if (failure instanceof NotOffered) return;
    try {
      const found = await live.plane.connections(live.arn, most);
      setHere(found.connections.sort(byArrival));
      setMore(found.more);
      live.rates.present = found.connections.length;
      setFailure(undefined);
    } catch (e) {
      setFailure(e);
    }
  };
  useEffect(() => void look(), [live]);
  useEvery(2000, look);

  return (
    <section class="panel people" aria-labelledby="here">
      <div class="row">
        <h2 id="here" class="grow">
          Here now
        </h2>
        {here && <span class="muted">{more ? `${most}+` : here.length}</span>}
      </div>
      {failure instanceof NotOffered ? (
        <p class="muted small">This server does not tell who is connected. Those who write appear among the messages.</p>
      ) : failure !== undefined ? (
        <Notice kind="bad">{planeWords(failure)}</Notice>
      ) : !here ? (
        <span class="spin" role="status" aria-label="Looking who is here" />
      ) : here.length === 0 ? (
        <p class="muted small">Nobody is connected.</p>
      ) : (
        <Rows count={here.length} height={46} attributes={{ role: 'list', 'aria-label': 'Connections' }} row={(i) => here[i] && <Person one={here[i]} self={live.self} onDisconnect={onDisconnect} />} />
      )}
    </section>
  );
}

/** First come, first in the list; otherwise people would jump about. */
function byArrival(a: Connection, b: Connection): number {
  const key = (c: Connection) => `${c.connectTime ?? ''} ${c.userId}`;
  return key(a) < key(b) ? -1 : 1;
}

function Person(props: { one: Connection; self: string; onDisconnect: (userId: string) => void }) {
  const { one, self, onDisconnect } = props;
  const can = (one.capabilities ?? []).map((c) => letters[c] ?? c).join(', ') || 'reads';
  const since = one.connectTime ? new Date(one.connectTime).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false }) : '';
  return (
    <div class="person" role="listitem">
      <div class="grow">
        <div class="clip">{one.userId === self ? 'This console' : one.userId}</div>
        <div class="muted small clip">{[can, since && `since ${since}`, one.node && `on ${one.node}`].filter(Boolean).join(' · ')}</div>
      </div>
      {one.userId !== self && (
        <button type="button" class="quiet smaller" aria-label={`Disconnect ${one.userId}`} onClick={() => onDisconnect(one.userId)}>
          Disconnect
        </button>
      )}
    </div>
  );
}
