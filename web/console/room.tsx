import { DeleteMessageCommand, DeleteRoomCommand, DisconnectUserCommand, GetRoomCommand, type GetRoomResponse } from '@aws-sdk/client-ivschat';
import { useEffect, useState } from 'preact/hooks';
import { CopyButton, Dialog, Field, Notice, WorkButton } from '../src/ui';
import { Feed } from './feed';
import { type Item, Live } from './live';
import { Mint } from './mint';
import { People } from './people';
import { type Plane, planeWords } from './plane';
import { Plots } from './plots';
import { RoomForm } from './roomform';
import { SendEvent } from './sendevent';
import { Tags } from './tags';
import { useFetched, useTitle, useWork } from './work';

type Open = { what: 'edit' | 'delete' | 'mint' | 'event' } | { what: 'disconnect'; userId: string };

/** One room: what happens in it, who is here, and what can be done about it. */
export function RoomPage({ plane, arn }: { plane: Plane; arn: string }) {
  const { value: room, failure, again } = useFetched(() => plane.client.send(new GetRoomCommand({ identifier: arn })), [plane, arn]);
  useTitle(room && nameOf(room));
  const [live, setLive] = useState<Live>();
  const [open, setOpen] = useState<Open>();
  const [tab, setTab] = useState<'feed' | 'side'>('feed');
  const exists = room !== undefined;
  useEffect(() => {
    if (!exists) return;
    const next = new Live(plane, arn);
    next.connect();
    setLive(next);
    return () => next.close();
  }, [plane, arn, exists]);

  if (failure !== undefined) {
    return (
      <Notice kind="bad">
        {planeWords(failure)} <a href="#/rooms">All rooms</a>
      </Notice>
    );
  }
  const close = () => setOpen(undefined);
  return (
    <>
      <Head room={room} arn={arn} onOpen={(what) => setOpen({ what })} />
      <div class="tabs" role="group" aria-label="Show">
        <button type="button" aria-pressed={tab === 'feed'} onClick={() => setTab('feed')}>
          Messages
        </button>
        <button type="button" aria-pressed={tab === 'side'} onClick={() => setTab('side')}>
          People and rates
        </button>
      </div>
      <div class={`live show-${tab}`}>
        {live && room && (
          <>
            <Feed live={live} onDelete={(item) => remove(plane, arn, item)} onDisconnect={(userId) => setOpen({ what: 'disconnect', userId })} />
            <div class="side" role="region" aria-label="Rates, people, settings" tabIndex={0}>
              <Plots live={live} />
              <People live={live} onDisconnect={(userId) => setOpen({ what: 'disconnect', userId })} />
              <Details room={room} />
            </div>
          </>
        )}
      </div>
      {open?.what === 'edit' && room && <RoomForm plane={plane} room={room} onClose={close} onDone={() => void again()} />}
      {open?.what === 'delete' && room && <DeleteRoom plane={plane} room={room} onClose={close} />}
      {open?.what === 'mint' && live && <Mint live={live} onClose={close} />}
      {open?.what === 'event' && <SendEvent plane={plane} arn={arn} onClose={close} />}
      {open?.what === 'disconnect' && <Disconnect plane={plane} arn={arn} userId={open.userId} onClose={close} />}
    </>
  );
}

function nameOf(room: GetRoomResponse): string {
  return room.name || 'Room without a name';
}

async function remove(plane: Plane, roomIdentifier: string, item: Item) {
  await plane.client.send(new DeleteMessageCommand({ roomIdentifier, id: item.id, reason: 'Deleted in the console' }));
}

function Head(props: { room: GetRoomResponse | undefined; arn: string; onOpen: (what: 'edit' | 'delete' | 'mint' | 'event') => void }) {
  const { room, arn, onOpen } = props;
  return (
    <div class="head">
      <div class="grow title">
        <h1 class="clip">{room ? nameOf(room) : <span class="spin" role="status" aria-label="Loading room" />}</h1>
        <div class="row">
          <span class="mono muted clip">{arn}</span>
          <CopyButton text={arn} label="Copy ARN" class="quiet smaller" />
        </div>
      </div>
      <div class="row wrap">
        <button type="button" class="primary" disabled={!room} onClick={() => onOpen('mint')}>
          Connect someone
        </button>
        <button type="button" disabled={!room} onClick={() => onOpen('event')}>
          Send event
        </button>
        <button type="button" disabled={!room} onClick={() => onOpen('edit')}>
          Edit
        </button>
        <button type="button" class="danger" disabled={!room} onClick={() => onOpen('delete')}>
          Delete
        </button>
      </div>
    </div>
  );
}

function Details({ room }: { room: GetRoomResponse }) {
  const review = room.messageReviewHandler?.uri;
  const logging = room.loggingConfigurationIdentifiers ?? [];
  return (
    <section class="panel details" aria-labelledby="details">
      <h2 id="details">Settings</h2>
      <dl>
        <dt>Characters a message</dt>
        <dd>{room.maximumMessageLength}</dd>
        <dt>Messages a second</dt>
        <dd>{room.maximumMessageRatePerSecond}</dd>
        <dt>Review</dt>
        <dd class={review ? 'mono' : ''}>{review ? `${review}, else ${room.messageReviewHandler?.fallbackResult}` : 'none'}</dd>
        <dt>Logging</dt>
        <dd class={logging.length > 0 ? 'mono' : ''}>{logging.length > 0 ? logging.map((l) => l.split('/').at(-1)).join(', ') : 'none'}</dd>
        <dt>Made</dt>
        <dd>{room.createTime?.toLocaleString()}</dd>
        <dt>Changed</dt>
        <dd>{room.updateTime?.toLocaleString()}</dd>
        <dt>Tags</dt>
        <dd>{Object.keys(room.tags ?? {}).length > 0 ? <Tags tags={room.tags} all /> : 'none'}</dd>
      </dl>
    </section>
  );
}

function DeleteRoom(props: { plane: Plane; room: GetRoomResponse; onClose: () => void }) {
  const { plane, room, onClose } = props;
  const { busy, wrong, run } = useWork();
  const go = () =>
    void run(async () => {
      await plane.client.send(new DeleteRoomCommand({ identifier: room.arn }));
      location.hash = '#/rooms';
    });
  return (
    <Dialog title={`Delete ${room.name || 'this room'}?`} onClose={onClose}>
      {wrong && <Notice kind="bad">{wrong}</Notice>}
      <p class="muted">This cannot be undone. Nobody can connect to it any more; those who are connected stay until their session ends, but can no longer write.</p>
      <div class="foot">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <WorkButton busy={busy} class="primary danger" type="button" onClick={go}>
          Delete room
        </WorkButton>
      </div>
    </Dialog>
  );
}

function Disconnect(props: { plane: Plane; arn: string; userId: string; onClose: () => void }) {
  const { plane, arn, userId, onClose } = props;
  const [reason, setReason] = useState('');
  const { busy, wrong, run } = useWork();
  const submit = (e: Event) => {
    e.preventDefault();
    void run(async () => {
      await plane.client.send(new DisconnectUserCommand({ roomIdentifier: arn, userId, ...(reason.trim() && { reason: reason.trim() }) }));
      onClose();
    });
  };
  return (
    <Dialog title="Disconnect this user?" onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        {wrong && <Notice kind="bad">{wrong}</Notice>}
        <p class="mono break">{userId}</p>
        <p class="muted">All their connections to this room end. To keep them out, stop giving them tokens.</p>
        <Field label="Reason" hint="Everybody in the room sees it.">
          {(a) => <input {...a} maxLength={256} placeholder="Optional" value={reason} onInput={(e) => setReason(e.currentTarget.value)} />}
        </Field>
        <div class="foot">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <WorkButton busy={busy} class="primary danger">
            Disconnect
          </WorkButton>
        </div>
      </form>
    </Dialog>
  );
}
