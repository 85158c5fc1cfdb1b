/** A demo backend: the small application server that hands out tokens. */
export type Room = { arn: string; name: string };

export type Auth = { token: string; sessionExpirationTime: string };

type AuthRequest = {
  arn: string;
  userId: string;
  attributes: Record<string, string>;
  capabilities: string[];
  durationInMinutes: number;
};

/** Thrown when the page has no backend to ask. */
export class NoBackend extends Error {}

export class Backend {
  private constructor(
    private readonly base: string,
    /** The Messaging API's address. */
    readonly chat: string,
  ) {}

  /** Reads config.json, which lies beside the page. */
  static async find(): Promise<Backend> {
    const config = await settings();
    if (!config.backend) throw new NoBackend();
    const here = new URL(location.href);
    const own = `${here.protocol === 'https:' ? 'wss' : 'ws'}://${here.host}`;
    return new Backend(new URL(config.backend, here).href.replace(/\/$/, ''), config.chat || own);
  }

  async rooms(): Promise<Room[]> {
    const answer = (await this.ask('/list')) as { rooms?: Array<{ arn?: string; name?: string; id?: string }> };
    return (answer.rooms ?? []).flatMap((r) => (r.arn ? [{ arn: r.arn, name: r.name || r.id || r.arn }] : []));
  }

  auth(request: AuthRequest): Promise<Auth> {
    return this.ask('/auth', request) as Promise<Auth>;
  }

  async event(arn: string, eventName: string, eventAttributes: Record<string, string>): Promise<void> {
    await this.ask('/event', { arn, eventName, eventAttributes });
  }

  private async ask(path: string, body?: unknown): Promise<unknown> {
    let answer: Response;
    try {
      answer = await fetch(this.base + path, body === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    } catch {
      throw new Error('The demo backend cannot be reached. Is it running?');
    }
    const text = await answer.text();
    if (!answer.ok) throw new Error(words(text));
    return JSON.parse(text);
  }
}

/** What config.json says; nothing where there is none, as behind a bare file server. */
async function settings(): Promise<{ backend?: string; chat?: string }> {
  const answer = await fetch('./config.json').catch(() => {
    throw new Error('The server of this page does not answer. See whether it is running, then try again.');
  });
  return answer.ok ? answer.json().catch(() => ({})) : {};
}

/** The backend answers errors as text, or as {"error": …}. */
function words(text: string): string {
  let said = text.split('\n')[0] ?? '';
  try {
    said = String((JSON.parse(text) as { error: unknown }).error);
  } catch {
    // It was text.
  }
  if (said.includes('ResourceNotFoundException')) return 'This room no longer exists. Choose another one.';
  return `The demo backend could not do that: ${said || 'it did not say why'}`;
}
