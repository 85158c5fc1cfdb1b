import '../src/theme.css';
import '../src/forms.css';
import './demo.css';
import './join.css';
import './chat.css';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Brand, Notice } from '../src/ui';
import { Backend, NoBackend, type Room } from './backend';
import { Chat } from './chat';
import { Join } from './join';
import { Session, type Who } from './session';
import { Stage } from './stage';

type Found = { backend: Backend; rooms: Room[] };

function Page() {
  const [found, setFound] = useState<Found>();
  const [trouble, setTrouble] = useState<unknown>();
  const [session, setSession] = useState<Session>();
  const [before, setBefore] = useState<{ room: Room; who: Who }>();

  const find = () => {
    setTrouble(undefined);
    Backend.find()
      .then(async (backend) => setFound({ backend, rooms: await backend.rooms() }))
      .catch(setTrouble);
  };
  useEffect(find, []);

  const join = (room: Room, as: Who) => {
    if (!found) return;
    const next = new Session(found.backend, room, as);
    setBefore({ room, who: as });
    setSession(next);
    next.join();
  };
  const leave = () => {
    session?.leave();
    setSession(undefined);
  };

  return (
    <div class="demo">
      <header class="top">
        <Brand />
        <span class="muted small tag">demo</span>
        <span class="grow" />
        <a class="button quiet smaller" href="../console/">
          Console
        </a>
      </header>
      <main>
        <Stage session={session} room={session?.place.name ?? found?.rooms[0]?.name} />
        <section class="chat" aria-label="Chat">
          {session ? (
            <Chat session={session} onLeave={leave} />
          ) : trouble ? (
            <Trouble of={trouble} onRetry={find} />
          ) : (
            <Join rooms={found?.rooms} before={before} onJoin={join} onRefresh={find} />
          )}
        </section>
      </main>
    </div>
  );
}

function Trouble(props: { of: unknown; onRetry: () => void }) {
  if (props.of instanceof NoBackend) {
    return (
      <div class="card">
        <h2>This page has no backend yet</h2>
        <p class="muted">
          A chat's tokens come from an application's own server. <code>parlor serve --dev</code> brings one along. Otherwise run one, such as <code>examples/backend</code>, and give its
          address to <code>parlor serve --demo-backend</code>, or write it into <code>config.json</code> where the page is served by itself.
        </p>
        <button type="button" onClick={props.onRetry}>
          Look again
        </button>
      </div>
    );
  }
  return (
    <div class="card">
      <h2>The demo could not start</h2>
      <Notice kind="bad">{props.of instanceof Error ? props.of.message : String(props.of)}</Notice>
      <button type="button" onClick={props.onRetry}>
        Try again
      </button>
    </div>
  );
}

const page = document.getElementById('page');
if (page) render(<Page />, page);
