/** The avatars and stickers that come with the page, by name. */
export const avatars = ['fox', 'cat', 'bear', 'panda', 'frog', 'bunny', 'owl', 'robot'] as const;
export const stickers = ['gg', 'hype', 'wow', 'lol', 'clap', 'hello'] as const;

/** Emotes fly over the stream and are not lines of the chat. */
export const emotes = { heart: '❤️', fire: '🔥', clap: '👏', laugh: '😂', wow: '😮', party: '🎉' } as const;

export type Avatar = (typeof avatars)[number];
export type Sticker = (typeof stickers)[number];
export type Emote = keyof typeof emotes;

/** The address others get, whole, as AWS's demos send it. */
export function addressOf(folder: 'avatars' | 'stickers', name: string): string {
  return new URL(`./${folder}/${name}.svg`, location.href).href;
}

/**
 * The picture an attribute names, if it is one of ours. An address out of a
 * message is never loaded: it would tell its owner who is reading.
 */
export function pictureIn(folder: 'avatars' | 'stickers', address: string | undefined): string | undefined {
  const known: readonly string[] = folder === 'avatars' ? avatars : stickers;
  const name = /\/([a-z]+)\.svg$/.exec(address ?? '')?.[1];
  return name && known.includes(name) ? `./${folder}/${name}.svg` : undefined;
}

export function isEmote(name: string | undefined): name is Emote {
  return name !== undefined && Object.hasOwn(emotes, name);
}

/** A hue that stays with a name. */
export function hueOf(name: string): number {
  let h = 2166136261;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 16777619);
  return ((h ^ (h >>> 15)) >>> 0) % 360;
}
