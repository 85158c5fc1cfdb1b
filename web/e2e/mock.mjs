// A stand-in for parlor while the server is being built: enough of both planes
// to click through the pages. Checks no signature and no limit.
import { createServer } from 'node:http';
import { readFileSync, existsSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { WebSocketServer } from 'ws';

const dist = new URL('../dist/', import.meta.url);
const kinds = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', woff2: 'font/woff2' };
const id = () => randomBytes(9).toString('base64').replace(/[^a-zA-Z0-9]/g, 'x').slice(0, 12);
const now = () => new Date().toISOString().replace('Z', '123456Z');

export async function mock() {
  const rooms = new Map(); const logs = new Map(); const tokens = new Map(); const conns = new Set();
  const fail = (s, t, message, more = {}) => Object.assign(new Error(message), { s, t, more });
  const room = (arn) => rooms.get(arn) ?? (() => { throw fail(404, 'ResourceNotFoundException', 'no such room', { resourceId: arn, resourceType: 'ROOM' }); })();
  const send = (arn, e) => { for (const c of conns) if (c.t.roomIdentifier === arn) c.send(JSON.stringify(e)); };
  const kick = (arn, UserId, Reason, RequestId = '') => {
    send(arn, { Type: 'EVENT', Id: id(), RequestId, EventName: 'aws:DISCONNECT_USER', Attributes: { Reason: Reason ?? '', UserId }, SendTime: now() });
    for (const c of conns) if (c.t.roomIdentifier === arn && c.t.userId === UserId) c.close(1000);
  };
  const del = (arn, m, Reason, RequestId = '') => send(arn, { Type: 'EVENT', Id: id(), RequestId, EventName: 'aws:DELETE_MESSAGE', Attributes: { MessageID: m, MessageId: m, Reason: Reason ?? '' }, SendTime: now() });
  const make = (map, kind, i) => { const x = id(); const arn = `arn:aws:ivschat:us-east-1:000000000000:${kind}/${x}`; const r = { arn, id: x, createTime: now(), updateTime: now(), tags: {}, ...i }; map.set(arn, r); return r; };
  const page = (list, i) => { const at = Number(i.nextToken ?? 0), n = i.maxResults ?? 50; return { items: list.slice(at, at + n), ...(at + n < list.length && { nextToken: String(at + n) }) }; };
  const ops = {
    CreateRoom: (i) => make(rooms, 'room', { maximumMessageLength: 500, maximumMessageRatePerSecond: 10, ...i }),
    GetRoom: (i) => room(i.identifier),
    UpdateRoom: ({ identifier, ...i }) => Object.assign(room(identifier), i, { updateTime: now() }),
    DeleteRoom: (i) => { room(i.identifier); rooms.delete(i.identifier); return null; },
    ListRooms: (i) => { const { items, ...more } = page([...rooms.values()], i); return { rooms: items, ...more }; },
    CreateLoggingConfiguration: (i) => make(logs, 'logging-configuration', { state: 'ACTIVE', ...i }),
    UpdateLoggingConfiguration: ({ identifier, ...i }) => Object.assign(logs.get(identifier), i, { updateTime: now() }),
    DeleteLoggingConfiguration: (i) => { logs.delete(i.identifier); return null; },
    ListLoggingConfigurations: () => ({ loggingConfigurations: [...logs.values()] }),
    CreateChatToken: (i) => { room(i.roomIdentifier); const token = `${id()}.${id()}`; const e = Date.now() + (i.sessionDurationInMinutes ?? 60) * 60e3; tokens.set(token, { ...i, connectTime: now(), sessionExpirationTime: new Date(e).toISOString() }); return { token, tokenExpirationTime: new Date(Date.now() + 60e3).toISOString(), sessionExpirationTime: new Date(e).toISOString() }; },
    SendEvent: (i) => { room(i.roomIdentifier); const Id = id(); send(i.roomIdentifier, { Type: 'EVENT', Id, RequestId: '', EventName: i.eventName, Attributes: i.attributes ?? null, SendTime: now() }); return { id: Id }; },
    DeleteMessage: (i) => { del(i.roomIdentifier, i.id, i.reason); return { id: id() }; },
    DisconnectUser: (i) => { kick(i.roomIdentifier, i.userId, i.reason); return {}; },
    'parlor/ListConnections': (i) => ({ connections: [...conns].filter((c) => c.t.roomIdentifier === i.roomIdentifier).map(({ t }) => ({ userId: t.userId, connectTime: t.connectTime, capabilities: t.capabilities ?? [], sessionExpirationTime: t.sessionExpirationTime, node: 'n1' })) }),
    'parlor/GetStatus': () => ({ nodes: [{ id: 'n1', version: 'v0.1.0', startTime: now(), connections: conns.size, rooms: rooms.size, ready: true }, { id: 'n2', version: 'v0.1.0', startTime: now(), connections: 0, rooms: 0, ready: false, reason: 'draining' }], quotas: [{ name: 'Concurrent chat connections', used: conns.size, limit: 50000 }, { name: 'Rooms', used: rooms.size, limit: 50000 }] }),
  };
  const call = (name, body) => ops[name](JSON.parse(body || '{}'));
  const server = createServer(async (q, a) => {
    const url = new URL(q.url, 'http://x'); let body = ''; for await (const c of q) body += c;
    const out = (s, o, h = {}) => { a.writeHead(s, { 'content-type': 'application/json', ...h }); a.end(o === null ? '' : JSON.stringify(o)); };
    try {
      if (url.pathname === '/demo/config.json') return out(200, { backend: 'api', chat: '' });
      if (url.pathname === '/demo/api/list') { if (!rooms.size) ops.CreateRoom({ name: 'demo' }); return out(200, { rooms: [...rooms.values()] }); }
      if (url.pathname === '/demo/api/auth') { const i = JSON.parse(body); return out(200, ops.CreateChatToken({ ...i, roomIdentifier: i.arn, sessionDurationInMinutes: i.durationInMinutes })); }
      if (url.pathname === '/demo/api/event') { const i = JSON.parse(body); ops.SendEvent({ roomIdentifier: i.arn, eventName: i.eventName, attributes: i.eventAttributes }); return out(200, { arn: i.arn, status: 'success' }); }
      if (/^\/(demo|console)\//.test(url.pathname)) {
        const f = new URL('.' + url.pathname + (url.pathname.endsWith('/') ? 'index.html' : ''), dist);
        if (!existsSync(f)) { a.writeHead(404); return a.end(); }
        a.writeHead(200, { 'content-type': kinds[f.pathname.split('.').pop()], 'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self' ws://${q.headers.host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'` });
        return a.end(readFileSync(f));
      }
      if (url.pathname.startsWith('/tags/')) {
        const r = room(decodeURIComponent(url.pathname.slice(6)));
        if (q.method === 'GET') return out(200, { tags: r.tags });
        if (q.method === 'POST') Object.assign(r.tags, JSON.parse(body).tags); else for (const k of url.searchParams.getAll('tagKeys')) delete r.tags[k];
        return out(200, {});
      }
      if (!/AKIA/.test(q.headers.authorization ?? '')) throw fail(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.');
      const o = call(url.pathname.slice(1), body); out(o === null ? 204 : 200, o);
    } catch (e) { out(e.s ?? 500, { message: e.message, ...e.more }, { 'x-amzn-errortype': e.t ?? 'InternalServerException' }); }
  });
  const wss = new WebSocketServer({ server, handleProtocols: (p) => [...p][0], verifyClient: ({ req }) => tokens.has(req.headers['sec-websocket-protocol']) });
  wss.on('connection', (c, q) => {
    c.t = tokens.get(q.headers['sec-websocket-protocol']); tokens.delete(q.headers['sec-websocket-protocol']); conns.add(c); c.on('close', () => conns.delete(c));
    c.on('message', (d) => {
      const m = JSON.parse(d); const arn = c.t.roomIdentifier; const has = (x) => c.t.capabilities?.includes(x);
      const no = (ErrorCode, ErrorMessage) => c.send(JSON.stringify({ Type: 'ERROR', Id: id(), RequestId: m.RequestId, ErrorCode, ErrorMessage }));
      if (!has(m.Action)) return no(403, 'not allowed');
      if (m.Action === 'SEND_MESSAGE' && m.Content.length > 500) return no(400, 'Message exceeds maximum length');
      if (m.Action === 'SEND_MESSAGE') send(arn, { Type: 'MESSAGE', Id: id(), RequestId: m.RequestId, Attributes: m.Attributes ?? null, Content: m.Content, SendTime: now(), Sender: { UserId: c.t.userId, Attributes: c.t.attributes ?? {} } });
      if (m.Action === 'DELETE_MESSAGE') del(arn, m.Id, m.Reason, m.RequestId);
      if (m.Action === 'DISCONNECT_USER') kick(arn, m.UserId, m.Reason, m.RequestId);
    });
  });
  const port = Number(process.env.PORT ?? 0);
  await new Promise((ok) => server.listen(port, '127.0.0.1', ok));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => { for (const c of conns) c.terminate(); server.closeAllConnections(); server.close(); } };
}
