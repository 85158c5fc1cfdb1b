import type { Identity } from './live';
import type { Plane } from './plane';

/** Quotes text for a POSIX shell, whatever is in it. */
export function shellQuoted(text: string): string {
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The AWS CLI command that mints such a token. */
export function cliSnippet(plane: Plane, arn: string, who: Identity): string {
  const lines = [
    'aws ivschat create-chat-token',
    `--endpoint-url ${location.origin} --region ${plane.key.region}`,
    `--room-identifier ${shellQuoted(arn)}`,
    `--user-id ${shellQuoted(who.userId)}`,
    `--session-duration-in-minutes ${who.minutes}`,
  ];
  if (who.capabilities.length > 0) lines.push(`--capabilities ${who.capabilities.join(' ')}`);
  if (Object.keys(who.attributes).length > 0) lines.push(`--attributes ${shellQuoted(JSON.stringify(who.attributes))}`);
  return lines.join(' \\\n  ');
}

/** A program on the client SDK that connects with the token. */
export function sdkSnippet(plane: Plane, token: string): string {
  return `import { ChatRoom, SendMessageRequest } from 'amazon-ivs-chat-messaging';

const room = new ChatRoom({
  regionOrUrl: ${JSON.stringify(plane.chatURL)},
  // A token serves one connection: ask your backend for a new one each time.
  tokenProvider: async () => ({ token: ${JSON.stringify(token)} }),
});
room.addListener('message', (m) => console.log(m.sender.userId, m.content));
room.addListener('connect', () => room.sendMessage(new SendMessageRequest('Hello')));
room.connect();
`;
}

/** What a bare WebSocket needs: the address, and the token as its subprotocol. */
export function urlSnippet(plane: Plane, token: string): string {
  return `new WebSocket(${JSON.stringify(plane.chatURL)}, ${JSON.stringify(token)})`;
}
