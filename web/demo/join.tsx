import { useRef, useState } from 'preact/hooks';
import { Field } from '../src/ui';
import type { Room } from './backend';
import { type Avatar, avatars } from './looks';
import type { Role, Who } from './session';

const roles: Array<{ role: Role; title: string; what: string }> = [
  { role: 'viewer', title: 'Viewer', what: 'Reads along' },
  { role: 'sender', title: 'Sender', what: 'Reads and writes' },
  { role: 'moderator', title: 'Moderator', what: 'Also deletes and removes' },
];

type Props = {
  rooms: Room[] | undefined; // undefined while they are being fetched
  before: { room: Room; who: Who } | undefined; // who one was last time, and where
  onJoin: (room: Room, who: Who) => void;
  onRefresh: () => void;
};

/** Asks who you want to be. */
export function Join({ rooms, before, onJoin, onRefresh }: Props) {
  const [name, setName] = useState(before?.who.name ?? '');
  const [avatar, setAvatar] = useState<Avatar>(before?.who.avatar ?? avatars[Math.floor(Math.random() * avatars.length)] ?? 'fox');
  const [role, setRole] = useState<Role>(before?.who.role ?? 'sender');
  const [minutes, setMinutes] = useState(before?.who.minutes ?? 55);
  const [arn, setArn] = useState(before?.room.arn ?? '');
  const [wrong, setWrong] = useState('');
  const box = useRef<HTMLInputElement>(null);

  const room = rooms?.find((r) => r.arn === arn) ?? rooms?.[0];
  const submit = (e: Event) => {
    e.preventDefault();
    const said = name.trim();
    if (!said) {
      setWrong('Choose a name: the others see it beside what you say.');
      box.current?.focus();
      return;
    }
    if (room) onJoin(room, { name: said, avatar, role, minutes: clamp(minutes) });
  };

  return (
    <form class="card join" onSubmit={submit} noValidate>
      <div>
        <h2>Join the chat</h2>
        <p class="muted small">Open this page in a second window to talk to yourself.</p>
      </div>
      <Field label="Name" wrong={wrong || undefined}>
        {(a) => (
          <input
            {...a}
            ref={box}
            autoComplete="nickname"
            maxLength={40}
            placeholder="How shall we call you?"
            value={name}
            onInput={(e) => {
              setName(e.currentTarget.value);
              setWrong('');
            }}
          />
        )}
      </Field>
      <Avatars avatar={avatar} onChange={setAvatar} />
      <Roles role={role} onChange={setRole} />
      <More rooms={rooms} room={room} onRoom={setArn} minutes={minutes} onMinutes={setMinutes} />
      {rooms?.length === 0 ? <NoRooms onRefresh={onRefresh} /> : <JoinButton room={room} />}
    </form>
  );
}

function Avatars({ avatar, onChange }: { avatar: Avatar; onChange: (avatar: Avatar) => void }) {
  return (
    <fieldset>
      <legend>Avatar</legend>
      <div class="avatars">
        {avatars.map((a) => (
          <label key={a} class="pick">
            <input type="radio" class="sr" name="avatar" checked={a === avatar} onChange={() => onChange(a)} />
            <img src={`./avatars/${a}.svg`} width="44" height="44" alt={a} />
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Roles({ role, onChange }: { role: Role; onChange: (role: Role) => void }) {
  return (
    <fieldset>
      <legend>Role</legend>
      <div class="roles">
        {roles.map((r) => (
          <label key={r.role} class="role">
            <input type="radio" name="role" checked={r.role === role} onChange={() => onChange(r.role)} />
            <span>
              {r.title} <span class="muted small">{r.what}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

type MoreProps = { rooms: Room[] | undefined; room: Room | undefined; onRoom: (arn: string) => void; minutes: number; onMinutes: (minutes: number) => void };

function More({ rooms, room, onRoom, minutes, onMinutes }: MoreProps) {
  return (
    <details>
      <summary class="small">More choices</summary>
      <div class="stack">
        <Field label="Room">
          {(a) => (
            <select {...a} value={room?.arn ?? ''} onChange={(e) => onRoom(e.currentTarget.value)}>
              {rooms?.map((r) => (
                <option key={r.arn} value={r.arn}>
                  {r.name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Session length in minutes" hint="1 to 180. When it ends, the page begins a new one by itself.">
          {(a) => <input {...a} type="number" min={1} max={180} value={Number.isNaN(minutes) ? '' : minutes} onInput={(e) => onMinutes(e.currentTarget.valueAsNumber)} />}
        </Field>
      </div>
    </details>
  );
}

function NoRooms({ onRefresh }: { onRefresh: () => void }) {
  return (
    <>
      <p class="muted small">There is no room yet. Make one in the console or with the command line, then look again.</p>
      <button type="button" onClick={onRefresh}>
        Look again
      </button>
    </>
  );
}

function JoinButton({ room }: { room: Room | undefined }) {
  return (
    <button type="submit" class="primary" disabled={!room}>
      {!room && <span class="spin" aria-hidden="true" />}
      {room ? `Join ${room.name}` : 'Looking for rooms'}
    </button>
  );
}

function clamp(minutes: number): number {
  return Number.isFinite(minutes) ? Math.min(180, Math.max(1, Math.round(minutes))) : 55;
}
