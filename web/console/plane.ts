import { Sha256 } from '@aws-crypto/sha256-js';
import { IvschatClient, ListRoomsCommand } from '@aws-sdk/client-ivschat';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';

export type Key = { accessKeyId: string; secretAccessKey: string; sessionToken?: string; region: string };

/** Who is connected to a room, as the server's own operation tells it. */
export type Connection = { userId: string; connectTime?: string; capabilities?: string[]; sessionExpirationTime?: string; node?: string };

export type Node = { id: string; version?: string; startTime?: string; connections?: number; rooms?: number; ready?: boolean; reason?: string };
export type Quota = { name: string; used: number; limit: number };
export type Status = { nodes?: Node[]; quotas?: Quota[] };

/** Thrown by an operation that Amazon IVS Chat has not and this server has not either. */
export class NotOffered extends Error {}

/** An error of one of the server's own operations, shaped like the SDK's. */
class PlaneError extends Error {
  constructor(
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The control plane of the server this page came from. Every request is signed
 * here, in the browser; the key stays in this object and goes with the tab.
 */
export class Plane {
  readonly client: IvschatClient;

  constructor(readonly key: Key) {
    this.client = new IvschatClient({ region: key.region, endpoint: location.origin, credentials: key });
  }

  /** Where chat clients connect. */
  get chatURL(): string {
    return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}`;
  }

  /** Asks for something harmless, to see whether the key is good. */
  async check(): Promise<void> {
    try {
      await this.client.send(new ListRoomsCommand({ maxResults: 1 }));
    } catch (e) {
      // A key that may not list rooms is a good key all the same; a region not served is no region.
      if (!(e instanceof Error) || !isForbidden(e)) throw e;
    }
  }

  status(): Promise<Status> {
    return this.own('GetStatus', {});
  }

  /** All connections of a room, up to most. */
  async connections(roomIdentifier: string, most: number): Promise<{ connections: Connection[]; more: boolean }> {
    const all: Connection[] = [];
    let nextToken: string | undefined;
    do {
      const page: { connections?: Connection[]; nextToken?: string } = await this.own('ListConnections', { roomIdentifier, ...(nextToken && { nextToken }) });
      all.push(...(page.connections ?? []));
      nextToken = page.nextToken || undefined;
    } while (nextToken && all.length < most);
    return { connections: all.slice(0, most), more: nextToken !== undefined };
  }

  /** Sends one of the server's own operations, which no SDK knows. */
  private async own<T>(operation: string, input: unknown): Promise<T> {
    const body = JSON.stringify(input);
    const signer = new SignatureV4({ credentials: this.key, region: this.key.region, service: 'ivschat', sha256: Sha256 });
    const path = `/parlor/${operation}`;
    const signed = await signer.sign(
      new HttpRequest({ method: 'POST', protocol: location.protocol, hostname: location.hostname, path, headers: { host: location.host, 'content-type': 'application/json' }, body }),
    );
    const { host: _, ...headers } = signed.headers; // the browser sends its own
    const answer = await fetch(path, { method: 'POST', headers, body });
    if (answer.ok) return (await answer.json()) as T;
    const kind = answer.headers.get('x-amzn-errortype') ?? 'InternalServerException';
    if ((answer.status === 404 && kind !== 'ResourceNotFoundException') || answer.status === 405) throw new NotOffered(operation);
    const said = (await answer.json().catch(() => ({}))) as { message?: string };
    throw new PlaneError(kind, said.message ?? '');
  }
}

type FieldFault = { name?: string; message?: string };
type Fault = { name?: string; message?: string; limit?: number; fieldList?: FieldFault[] };

/** What a control-plane error means and what to do about it. */
export function planeWords(e: unknown): string {
  if (e instanceof TypeError) return 'The server does not answer. See whether it is running, then try again.';
  const { name, message, limit, fieldList = [] } = (e ?? {}) as Fault;
  switch (name) {
    case 'UnrecognizedClientException':
      return 'The server does not know this access key. Check it, and the session token if it came with one. The first key is the one the server printed at its first start.';
    case 'ExpiredTokenException':
      return 'This temporary access key is over. Sign out, and in again with a new one.';
    case 'InvalidSignatureException':
    case 'SignatureDoesNotMatch':
      return message?.includes('expired') || message?.includes('current')
        ? "This computer's clock and the server's differ too much. Set the clock, then try again."
        : 'The secret does not belong to this access key. Enter it again.';
    case 'AccessDeniedException':
      return deniedWords(message);
    case 'ResourceNotFoundException':
      return 'That no longer exists: someone deleted it. Go back to the list.';
    case 'ConflictException':
      return `${message || 'Something else uses or changes it.'} Look at what uses it, then try again.`;
    case 'ServiceQuotaExceededException':
      return `The limit${limit ? ` of ${limit}` : ''} is reached. Delete what is no longer needed, or have the limit raised.`;
    case 'ThrottlingException':
      return 'Too many requests in one second. Wait a moment, then try again.';
    case 'ServiceUnavailable':
      return 'The server cannot change its records right now; chat goes on. The page Server says why. Try again when its nodes are ready.';
    case 'ValidationException':
      return `Change this, then try again: ${[...new Set(fieldList.map((f) => `${inWords(fieldOf(f))} ${ruleOf(f)}`))].join('; ') || message}.`;
  }
  return `The server could not do that${message ? ` (${message})` : ''}. Try again; its log says more.`;
}

/** Is it the key's policies that stand in the way? */
function isForbidden({ name, message }: Fault): boolean {
  return name === 'AccessDeniedException' && message?.includes('not authorized') === true;
}

/** "User: … is not authorized to perform: A on resource: R because …", said to that user. */
function deniedWords(message = ''): string {
  const [, action, resource] = /perform: ([\w:]+\w)(?: on resource: (\S+))?/.exec(message) ?? [];
  if (!action) return `${message || 'That is not allowed here.'} Sign in with another key or region.`;
  return `This access key may not do that: its policies do not allow ${action}${resource ? ` on ${resource}` : ''}. Have them changed, or sign in with another key.`;
}

/** What a ValidationException says of each field, by the field's name. */
export function fieldWords(e: unknown): Record<string, string> {
  const { fieldList = [] } = (e ?? {}) as Fault;
  return Object.fromEntries(fieldList.map((f) => [fieldOf(f), `It ${ruleOf(f)}.`]));
}

/** The field of a form that "destinationConfiguration.s3.bucketName" or "tags.key" means. */
function fieldOf({ name = '' }: FieldFault): string {
  const parts = name.split('.');
  return (/^(tags|attributes)$/.test(parts[0] ?? '') ? parts[0] : parts.at(-1)) ?? '';
}

/** What a field must be, out of "Value at 'x' failed to satisfy constraint: Member must …". */
function ruleOf({ message = '' }: FieldFault): string {
  return (/Member (must .*)/.exec(message)?.[1] ?? 'is not accepted')
    .replace(/^must satisfy regular expression pattern.*/, 'has a form that is not accepted')
    .replace('have length less than or equal to', 'have a length of at most')
    .replace('have length greater than or equal to', 'have a length of at least')
    .replace('have value less than or equal to', 'be at most')
    .replace('have value greater than or equal to', 'be at least');
}

/** "maximumMessageLength" as people write it. */
function inWords(field: string): string {
  return field.replace(/(?<=[a-z])[A-Z]/g, (c) => ` ${c.toLowerCase()}`);
}
