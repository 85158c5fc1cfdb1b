/** The Messaging API's error entity, as the client SDK rejects with it. */
type ChatFault = { errorCode: number; errorMessage: string };

function isChatFault(e: unknown): e is ChatFault {
  return typeof e === 'object' && e !== null && 'errorCode' in e;
}

/** What a chat error means to the person who caused it, and what to do. */
export function chatWords(e: unknown): string {
  if (!isChatFault(e)) {
    return e instanceof Error ? e.message : 'Something went wrong. Try again.';
  }
  switch (e.errorCode) {
    case 400:
      return e.errorMessage === 'Message exceeds maximum length'
        ? 'That message is longer than this room allows. Shorten it and send it again.'
        : `The room did not accept that: ${e.errorMessage}`;
    case 401:
      return 'Your session has ended. You are being connected again; then send it once more.';
    case 403:
      return 'Your role in this room does not allow that.';
    case 404:
      return 'This room no longer exists. Choose another one.';
    case 406:
      return `The room's review turned that message down: ${e.errorMessage}`;
    case 413:
      return 'That is too much for one message. Send less.';
    case 429:
      return 'That was a little fast for this room. Wait a moment, then send it again.';
    default:
      return 'The server could not do that. Try again in a moment.';
  }
}
