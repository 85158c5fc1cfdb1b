import { useEffect, useState } from 'preact/hooks';
import { Brand, Field, Notice, WorkButton } from '../src/ui';
import { type Key, Plane } from './plane';
import { useTitle, useWork } from './work';

/** Asks for an access key. It is kept in this tab's memory and nowhere else. */
export function SignIn({ onSignedIn }: { onSignedIn: (plane: Plane) => void }) {
  useTitle('Sign in');
  const [id, setId] = useState('');
  const [secret, setSecret] = useState('');
  const [session, setSession] = useState('');
  const [region, setRegion] = useState('us-east-1');
  const [known, setKnown] = useState(false);
  const { busy, wrong, run } = useWork();

  useEffect(() => {
    void suggested().then((key) => {
      if (key.region) setRegion(key.region);
      setId((now) => now || key.accessKeyId || '');
      setSecret((now) => now || key.secretAccessKey || '');
      setKnown(Boolean(key.accessKeyId));
    });
  }, []);

  const submit = (e: Event) => {
    e.preventDefault();
    const token = session.trim();
    const plane = new Plane({ accessKeyId: id.trim(), secretAccessKey: secret.trim(), region: region.trim(), ...(token && { sessionToken: token }) });
    void run(async () => {
      await plane.check();
      onSignedIn(plane);
    });
  };

  return (
    <main class="signin">
      <form class="panel" onSubmit={submit}>
        <Brand>Parlor console</Brand>
        <div>
          <h1>Sign in</h1>
          <p class="muted">With an access key of this server. It stays in this tab and is forgotten when the tab closes.</p>
        </div>
        {known && <Notice>This server is for development: the key that everybody knows is filled in.</Notice>}
        {wrong && <Notice kind="bad">{wrong}</Notice>}
        <Field label="Access key ID">
          {(a) => <input {...a} class="mono" required autoComplete="username" spellcheck={false} value={id} onInput={(e) => setId(e.currentTarget.value)} />}
        </Field>
        <Field label="Secret access key">
          {(a) => <input {...a} type="password" required autoComplete="current-password" value={secret} onInput={(e) => setSecret(e.currentTarget.value)} />}
        </Field>
        <Field label="Region" hint="Rooms of different regions are kept apart.">
          {(a) => <input {...a} required pattern="[a-z0-9\-]+" spellcheck={false} value={region} onInput={(e) => setRegion(e.currentTarget.value)} />}
        </Field>
        <details>
          <summary class="small">Temporary credentials</summary>
          <Field label="Session token" hint="Only for keys that came with one.">
            {(a) => <textarea {...a} class="mono" spellcheck={false} value={session} onInput={(e) => setSession(e.currentTarget.value)} />}
          </Field>
        </details>
        <WorkButton busy={busy}>{busy ? 'Signing in' : 'Sign in'}</WorkButton>
      </form>
    </main>
  );
}

/** What the server suggests: its region and, in development, the known key. */
async function suggested(): Promise<Partial<Key>> {
  try {
    const answer = await fetch('./config.json');
    return answer.ok ? ((await answer.json()) as Partial<Key>) : {};
  } catch {
    return {}; // then it is typed
  }
}
