import '../src/theme.css';
import '../src/forms.css';
import './lists.css';
import './console.css';
import './room.css';
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { Brand } from '../src/ui';
import { Logging } from './logging';
import { Plane } from './plane';
import { RoomPage } from './room';
import { Rooms } from './rooms';
import { type Route, useRoute } from './route';
import { Server } from './server';
import { SignIn } from './signin';

function Page() {
  const [plane, setPlane] = useState<Plane>();
  const route = useRoute();
  if (!plane) return <SignIn onSignedIn={setPlane} />;
  return (
    <div class="console">
      <header class="top">
        <Brand href="#/rooms" />
        <Nav route={route} />
        <span class="grow" />
        <span class="muted small who clip" title={`${plane.key.accessKeyId}, ${plane.key.region}`}>
          {plane.key.accessKeyId} · {plane.key.region}
        </span>
        <button
          type="button"
          class="quiet smaller"
          onClick={() => {
            plane.client.destroy();
            setPlane(undefined);
          }}
        >
          Sign out
        </button>
      </header>
      <main class={route.page} tabIndex={route.page === 'room' ? undefined : 0}>
        {route.page === 'rooms' && <Rooms plane={plane} />}
        {route.page === 'room' && <RoomPage key={route.arn} plane={plane} arn={route.arn} />}
        {route.page === 'logging' && <Logging plane={plane} />}
        {route.page === 'server' && <Server plane={plane} />}
      </main>
    </div>
  );
}

function Nav({ route }: { route: Route }) {
  const here = route.page === 'room' ? 'rooms' : route.page;
  const pages = { rooms: 'Rooms', logging: 'Logging', server: 'Server' } as const;
  return (
    <nav aria-label="Pages">
      {Object.entries(pages).map(([page, title]) => (
        <a key={page} href={`#/${page}`} aria-current={page === here ? 'page' : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}

const page = document.getElementById('page');
if (page) render(<Page />, page);
