import { CreateChatTokenCommand, type CreateChatTokenCommandInput } from '@aws-sdk/client-ivschat';
import { ChatRoom, type ChatToken, SendMessageRequest } from 'amazon-ivs-chat-messaging';
import { Store } from '../src/store';
import { chatWords } from '../src/words';
import { type Plane, planeWords } from './plane';

export type Kind = 'message' | 'event' | 'delete' | 'kick';

/** One thing that happened in the room. */
export type Item = {
  kind: Kind;
  id: string;
  user: string; // who said it, or whom it is about
  text: string;
  time: Date;
  deleted: boolean;
  attributes: number; // how many
  whole: unknown; // all of it, for the inspector
};

export type Link = 'connecting' | 'connected' | 'disconnected';

/** Someone to be in the room. */
export type Identity = { userId: string; capabilities: string[]; minutes: number; attributes: Record<string, string> };

const pause = 3000; // milliseconds before a lost room is tried again
const keep = 5000;
const keepPaused = 20_000;
export const span = 120; // seconds the plots go back

/** Counts of each of the last seconds, oldest first. */
export class Rates extends Store {
  readonly messages = new Array<number>(span).fill(0);
  readonly events = new Array<number>(span).fill(0);
  readonly people = new Array<number | null>(span).fill(null);
  present: number | null = null; // null while unknown
  private messagesNow = 0;
  private eventsNow = 0;

  count(kind: Kind) {
    if (kind === 'message') this.messagesNow++;
    else this.eventsNow++;
  }

  /** Ends the running second. */
  second() {
    shift(this.messages, this.messagesNow);
    shift(this.events, this.eventsNow);
    shift(this.people, this.present);
    this.messagesNow = 0;
    this.eventsNow = 0;
    this.changed();
  }
}

/** A room as it happens, seen through a connection that only listens. */
export class Live extends Store {
  link: Link = 'connecting';
  trouble = '';
  /** What happened, oldest first; dropped counts those no longer kept. */
  items: Item[] = [];
  dropped = 0;
  paused = false;
  readonly rates = new Rates();
  speaker: Speaker | undefined;
  /** The user id this console listens under. */
  readonly self = `console-${Math.random().toString(36).slice(2, 8)}`;
  private readonly room: ChatRoom;
  private readonly clock: ReturnType<typeof setInterval>;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private unreachable = false;

  constructor(
    readonly plane: Plane,
    readonly arn: string,
  ) {
    super();
    this.room = connection(plane, arn, { userId: this.self, capabilities: [], minutes: 180, attributes: {} }, (fault) => {
      this.trouble = planeWords(fault);
      this.unreachable = fault instanceof TypeError;
    });
    this.listen();
    this.clock = setInterval(() => this.rates.second(), 1000);
  }

  connect() {
    clearTimeout(this.retry);
    if (this.room.state === 'disconnected') this.room.connect();
  }

  close() {
    clearInterval(this.clock);
    clearTimeout(this.retry);
    this.room.disconnect();
    this.silence();
  }

  clear() {
    this.dropped += this.items.length;
    this.items = [];
    this.changed();
  }

  /** Connects a second time, as someone who may speak. */
  speakAs(identity: Identity) {
    this.silence();
    this.speaker = new Speaker(this.plane, this.arn, identity, () => this.changed());
    this.changed();
  }

  silence() {
    this.speaker?.close();
    this.speaker = undefined;
    this.changed();
  }

  private listen() {
    const link = (to: Link) => () => {
      this.link = to;
      if (to === 'connected') this.trouble = '';
      this.changed();
    };
    this.room.addListener('connecting', link('connecting'));
    this.room.addListener('connect', link('connected'));
    this.room.addListener('disconnect', (reason) => {
      link('disconnected')();
      // A server that is away comes back; what it refuses, and whom it sent away, it would refuse again.
      const away = reason === 'socketError' || (reason === 'fetchTokenError' && this.unreachable);
      if (away) this.retry = setTimeout(() => this.connect(), pause);
    });
    this.room.addListener('message', (m) => {
      this.add({ kind: 'message', id: m.id, user: m.sender.userId, text: m.content, time: m.sendTime, deleted: false, attributes: count(m.attributes), whole: m });
    });
    this.room.addListener('event', (e) => {
      this.add({ kind: 'event', id: e.id, user: '', text: e.eventName, time: e.sendTime, deleted: false, attributes: count(e.attributes), whole: e });
    });
    this.room.addListener('messageDelete', (e) => {
      const gone = this.items.findLastIndex((i) => i.kind === 'message' && i.id === e.messageId);
      const item = this.items[gone];
      if (item) this.items[gone] = { ...item, deleted: true };
      this.add({ kind: 'delete', id: e.id, user: item?.user ?? '', text: `message ${e.messageId} deleted${e.reason ? `: ${e.reason}` : ''}`, time: e.sendTime, deleted: false, attributes: 0, whole: e });
    });
    this.room.addListener('userDisconnect', (e) => {
      this.add({ kind: 'kick', id: e.id, user: e.userId, text: `disconnected${e.reason ? `: ${e.reason}` : ''}`, time: e.sendTime, deleted: false, attributes: 0, whole: e });
    });
  }

  private add(item: Item) {
    this.rates.count(item.kind);
    this.items.push(item);
    // While the reader has scrolled up, what they read must not fall off.
    const most = this.paused ? keepPaused : keep;
    if (this.items.length > most + 500) {
      this.dropped += this.items.length - most;
      this.items = this.items.slice(-most);
    }
    this.changed();
  }
}

/** A connection under a chosen name, to say something with. */
export class Speaker {
  link: Link = 'connecting';
  trouble = '';
  private readonly room: ChatRoom;

  constructor(
    plane: Plane,
    arn: string,
    readonly identity: Identity,
    changed: () => void,
  ) {
    this.room = connection(plane, arn, identity, (fault) => {
      this.trouble = planeWords(fault);
    });
    const link = (to: Link) => () => {
      this.link = to;
      changed();
    };
    this.room.addListener('connecting', link('connecting'));
    this.room.addListener('connect', link('connected'));
    this.room.addListener('disconnect', link('disconnected'));
    this.room.connect();
  }

  async say(text: string) {
    if (this.link !== 'connected') throw new Error('Not connected. Connect again, then send it once more.');
    try {
      await this.room.sendMessage(new SendMessageRequest(text));
    } catch (e) {
      throw new Error(chatWords(e));
    }
  }

  again() {
    if (this.room.state === 'disconnected') this.room.connect();
  }

  close() {
    this.room.disconnect();
  }
}

/** What CreateChatToken is asked for someone. */
export function tokenRequest(roomIdentifier: string, who: Identity): CreateChatTokenCommandInput {
  return {
    roomIdentifier,
    userId: who.userId,
    sessionDurationInMinutes: who.minutes,
    ...(who.capabilities.length > 0 && { capabilities: who.capabilities as NonNullable<CreateChatTokenCommandInput['capabilities']> }),
    ...(Object.keys(who.attributes).length > 0 && { attributes: who.attributes }),
  };
}

function connection(plane: Plane, arn: string, who: Identity, tell: (fault: unknown) => void): ChatRoom {
  const tokenProvider = async (): Promise<ChatToken> => {
    try {
      const made = await plane.client.send(new CreateChatTokenCommand(tokenRequest(arn, who)));
      return { token: made.token ?? '' };
    } catch (e) {
      tell(e);
      throw e;
    }
  };
  const room = new ChatRoom({ regionOrUrl: plane.chatURL, tokenProvider });
  room.logLevel = 'error'; // at 'debug' the SDK prints tokens
  return room;
}

function shift<T>(series: T[], value: T) {
  series.shift();
  series.push(value);
}

function count(attributes: Record<string, string> | undefined): number {
  return Object.keys(attributes ?? {}).length;
}
