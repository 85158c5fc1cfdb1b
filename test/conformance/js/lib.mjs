// What the scenarios share: AWS's two JavaScript SDKs, pointed at the server by
// its address alone, and a way to wait for what a chat room says.
import { CreateChatTokenCommand, CreateRoomCommand, IvschatClient } from '@aws-sdk/client-ivschat';
import { ChatRoom } from 'amazon-ivs-chat-messaging';
import { WebSocket } from 'ws';

const { PARLOR_ENDPOINT: endpoint, PARLOR_ACCESS_KEY: accessKeyId, PARLOR_SECRET_KEY: secretAccessKey } = process.env;

export const url = endpoint.replace(/^http/, 'ws');

// newClient makes a client of the control plane, with its own region or credentials.
export function newClient({ region = 'us-west-2', credentials = { accessKeyId, secretAccessKey } } = {}) {
  return new IvschatClient({ endpoint, region, credentials });
}

export const client = newClient();

// Every socket the chat SDK has opened, with the Ids of the frames it heard.
export const sockets = [];
globalThis.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    this.ids = [];
    this.addEventListener('message', (m) => this.ids.push(JSON.parse(m.data).Id));
    sockets.push(this);
  }
};

export const patience = 120_000;

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));

// within rejects if promise takes longer than ms: the chat SDK itself never does.
export function within(promise, what, ms = patience) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${what}: nothing for ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export async function room(input = {}) {
  return (await client.send(new CreateRoomCommand(input))).arn;
}

export function token(arn, userId, capabilities = [], more = {}) {
  return client.send(new CreateChatTokenCommand({ roomIdentifier: arn, userId, capabilities, ...more }));
}

// A Member is a ChatRoom that remembers what it has said.
export class Member {
  constructor(tokenProvider, options = {}) {
    this.events = []; // [name, detail]
    this.waiting = [];
    this.chat = new ChatRoom({ regionOrUrl: url, tokenProvider, ...options });
    this.chat.logLevel = 'error';
    for (const name of ['connecting', 'connect', 'disconnect', 'message', 'event', 'messageDelete', 'userDisconnect']) {
      this.chat.addListener(name, (detail) => {
        this.events.push([name, detail]);
        this.waiting = this.waiting.filter((w) => !w());
      });
    }
  }

  // next waits for the n-th event of a name and returns its detail.
  next(name, n = 1, ms = patience) {
    const found = () => this.all(name)[n - 1];
    const promise = new Promise((done) => {
      const look = () => this.count(name) >= n && (done(found()), true);
      if (!look()) this.waiting.push(look);
    });
    return within(promise, `the ${name} number ${n}`, ms);
  }

  all(name) {
    return this.events.filter(([other]) => other === name).map(([, detail]) => detail);
  }

  count(name) {
    return this.all(name).length;
  }

  async connect() {
    const n = this.count('connect') + 1;
    this.chat.connect();
    await this.next('connect', n);
    return this;
  }
}

// join connects a user whose tokens are minted without their expiry, so that the
// SDK does not renew them.
export function join(arn, userId, capabilities, more = {}) {
  return new Member(async () => {
    const { token: t, sessionExpirationTime } = await token(arn, userId, capabilities, more);
    return { token: t, sessionExpirationTime };
  }).connect();
}

// rejection returns what promise rejects with.
export async function rejection(promise, what) {
  let value;
  try {
    value = await within(promise, what);
  } catch (err) {
    return err;
  }
  throw new Error(`${what}: resolved with ${JSON.stringify(value)}, want a rejection`);
}

// done ends the scenario well.
export function done() {
  process.exit(0);
}

process.on('unhandledRejection', (err) => {
  console.error(err);
  process.exit(1);
});
