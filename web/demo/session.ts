import {
  type ChatEvent,
  type ChatMessage,
  ChatRoom,
  type ChatToken,
  DeleteMessageRequest,
  type DisconnectReason,
  DisconnectUserRequest,
  SendMessageRequest,
} from 'amazon-ivs-chat-messaging';
import { Store } from '../src/store';
import { chatWords } from '../src/words';
import type { Backend, Room } from './backend';
import { addressOf, type Avatar, type Emote, emotes, isEmote, pictureIn, type Sticker } from './looks';

export type Role = 'viewer' | 'sender' | 'moderator';

export type Who = { name: string; avatar: Avatar; role: Role; minutes: number };

export type Said = {
  kind: 'said';
  id: string;
  userId: string;
  name: string;
  avatar: string | undefined;
  text: string;
  sticker: string | undefined;
  time: Date;
  mine: boolean;
  deleted: string | undefined;
};

export type Note = { kind: 'note'; id: string; text: string };

export type Line = Said | Note;

export type Link =
  | { state: 'connecting' | 'connected' | 'reconnecting' }
  | { state: 'ended'; why: string; kicked: boolean; retryAt?: number };

const capabilities: Record<Role, string[]> = {
  viewer: [],
  sender: ['SEND_MESSAGE'],
  moderator: ['SEND_MESSAGE', 'DELETE_MESSAGE', 'DISCONNECT_USER'],
};

const keep = 400;
const keepPaused = 3000;
const longestPause = 30_000;

/** One person in one room: what they see, and what they may do. */
export class Session extends Store {
  link: Link = { state: 'connecting' };
  lines: Line[] = [];
  /** When the session in force ends; the SDK then begins a new one. */
  ends: Date | undefined;
  /** Set while the reader has scrolled up: nothing above them may move. */
  paused = false;
  readonly userId: string;
  private readonly room: ChatRoom;
  private readonly emoteListeners = new Set<(emote: Emote) => void>();
  private notes = 0;
  private everConnected = false;
  private kickedFor: string | undefined;
  private tokenTrouble = '';
  private attempts = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private left = false;

  constructor(
    private readonly backend: Backend,
    readonly place: Room,
    readonly who: Who,
  ) {
    super();
    this.userId = `${who.name.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, 40)}.${randomId()}`;
    this.room = new ChatRoom({ regionOrUrl: backend.chat, tokenProvider: () => this.token() });
    this.room.logLevel = 'error'; // at 'debug' the SDK prints tokens
    this.listen();
  }

  /** May this person's role do that? */
  get can() {
    const has = (c: string) => capabilities[this.who.role].includes(c);
    return { send: has('SEND_MESSAGE'), delete: has('DELETE_MESSAGE'), kick: has('DISCONNECT_USER') };
  }

  join() {
    clearTimeout(this.retry);
    this.kickedFor = undefined;
    this.link = { state: this.everConnected ? 'reconnecting' : 'connecting' };
    this.changed();
    if (this.room.state === 'disconnected') this.room.connect();
  }

  leave() {
    this.left = true;
    clearTimeout(this.retry);
    this.room.disconnect();
  }

  onEmote(listener: (emote: Emote) => void): () => void {
    this.emoteListeners.add(listener);
    return () => this.emoteListeners.delete(listener);
  }

  say(text: string) {
    return this.send(text);
  }

  stick(sticker: Sticker) {
    return this.send(`Sticker: ${sticker}`, { message_type: 'STICKER', sticker_src: addressOf('stickers', sticker) });
  }

  emote(emote: Emote) {
    return this.send(emotes[emote], { message_type: 'EMOTE', emote });
  }

  async delete(line: Said) {
    await inWords(() => this.room.deleteMessage(new DeleteMessageRequest(line.id, `${this.who.name} removed it`)));
  }

  /** Removes a user and, as AWS's demo does, all they have said. */
  async kick(userId: string, reason: string) {
    await inWords(() => this.room.disconnectUser(new DisconnectUserRequest(userId, reason || undefined)));
    await this.backend.event(this.place.arn, 'app:DELETE_BY_USER', { userId });
  }

  private async send(text: string, attributes?: Record<string, string>) {
    await inWords(() => this.room.sendMessage(new SendMessageRequest(text, attributes)));
  }

  /**
   * A token is good for one connection, so this runs at every one. The token's
   * own end is kept from the SDK: told of it, it would open a new connection
   * every thirty seconds. It notices the session's end by itself.
   */
  private async token(): Promise<ChatToken> {
    try {
      const answer = await this.backend.auth({
        arn: this.place.arn,
        userId: this.userId,
        attributes: { username: this.who.name, avatar: addressOf('avatars', this.who.avatar) },
        capabilities: capabilities[this.who.role],
        durationInMinutes: this.who.minutes,
      });
      this.tokenTrouble = '';
      this.nextEnd = new Date(answer.sessionExpirationTime);
      return { token: answer.token, sessionExpirationTime: answer.sessionExpirationTime };
    } catch (e) {
      this.tokenTrouble = e instanceof Error ? e.message : String(e);
      throw e;
    }
  }

  private nextEnd: Date | undefined;

  private listen() {
    this.room.addListener('connecting', () => this.connecting());
    this.room.addListener('connect', () => this.connected());
    this.room.addListener('disconnect', (reason) => this.disconnected(reason));
    this.room.addListener('message', (m) => this.heard(m));
    this.room.addListener('event', (e) => this.event(e));
    this.room.addListener('messageDelete', (e) => this.removed((l) => l.id === e.messageId, e.reason ?? ''));
    this.room.addListener('userDisconnect', (e) => {
      if (e.userId === this.userId) this.kickedFor = e.reason ?? '';
      this.note(`${e.userId === this.userId ? 'You were' : `${this.nameOf(e.userId)} was`} removed${e.reason ? `: ${e.reason}` : ''}`);
    });
  }

  private connecting() {
    this.link = { state: this.everConnected ? 'reconnecting' : 'connecting' };
    this.changed();
  }

  private connected() {
    const renewed = this.ends !== undefined && this.ends.getTime() <= Date.now() + 1000;
    if (this.everConnected) {
      this.note(renewed ? 'Your session ended and was renewed' : 'Connected again. Messages from the time between are not here');
    }
    this.everConnected = true;
    this.attempts = 0;
    this.ends = this.nextEnd;
    this.link = { state: 'connected' };
    this.changed();
  }

  private disconnected(reason: DisconnectReason) {
    if (this.left || reason === 'clientDisconnect') return;
    const expired = this.ends !== undefined && this.ends.getTime() <= Date.now() + 1000;
    if (reason === 'serverDisconnect' && expired) {
      this.join();
      return;
    }
    if (this.kickedFor !== undefined) {
      this.end(`A moderator removed you from the chat${this.kickedFor ? `: ${this.kickedFor}` : '.'}`, true);
      return;
    }
    if (reason === 'serverDisconnect') {
      this.end('The server closed your connection.', false);
      return;
    }
    this.attempts++;
    const pause = Math.min(longestPause, 1000 * 2 ** this.attempts);
    this.retry = setTimeout(() => this.join(), pause);
    this.end(reason === 'fetchTokenError' && this.tokenTrouble ? this.tokenTrouble : 'The chat cannot be reached.', false, Date.now() + pause);
  }

  private end(why: string, kicked: boolean, retryAt?: number) {
    this.link = { state: 'ended', why, kicked, ...(retryAt !== undefined && { retryAt }) };
    this.changed();
  }

  private heard(m: ChatMessage) {
    const kind = m.attributes?.['message_type'];
    const emote = m.attributes?.['emote'];
    if (kind === 'EMOTE' && isEmote(emote)) {
      for (const listener of this.emoteListeners) listener(emote);
      return;
    }
    const name = m.sender.attributes?.['username'] || m.sender.userId;
    if (kind === 'RAISE_HAND') {
      this.note(`${name} raised a hand`);
      return;
    }
    this.add({
      kind: 'said',
      id: m.id,
      userId: m.sender.userId,
      name,
      avatar: pictureIn('avatars', m.sender.attributes?.['avatar']),
      text: m.content,
      sticker: kind === 'STICKER' ? pictureIn('stickers', m.attributes?.['sticker_src']) : undefined,
      time: m.sendTime,
      mine: m.sender.userId === this.userId,
      deleted: undefined,
    });
  }

  private event(e: ChatEvent) {
    if (e.eventName === 'app:DELETE_BY_USER') {
      const user = e.attributes?.['userId'];
      this.removed((l) => l.userId === user, 'its sender was removed');
      return;
    }
    const more = Object.entries(e.attributes ?? {}).map(([k, v]) => `${k}: ${v}`);
    this.note([e.eventName, ...more].join(' · '));
  }

  private removed(which: (line: Said) => boolean, reason: string) {
    this.lines = this.lines.map((l) => (l.kind === 'said' && l.deleted === undefined && which(l) ? { ...l, deleted: reason } : l));
    this.changed();
  }

  private nameOf(userId: string): string {
    const line = this.lines.findLast((l) => l.kind === 'said' && l.userId === userId) as Said | undefined;
    return line?.name ?? userId;
  }

  private note(text: string) {
    this.add({ kind: 'note', id: `note-${this.notes++}`, text });
  }

  private add(line: Line) {
    const most = this.paused ? keepPaused : keep;
    this.lines = [...this.lines.slice(this.lines.length >= most ? this.lines.length - most + 1 : 0), line];
    this.changed();
  }
}

/** Does what the SDK may refuse, and turns its refusal into words. */
async function inWords<T>(deed: () => Promise<T>): Promise<T> {
  try {
    return await deed();
  } catch (e) {
    throw new Error(chatWords(e));
  }
}

function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(6))].map((b) => b.toString(36).padStart(2, '0')).join('');
}
