import { useEffect, useState } from 'preact/hooks';

export type Route = { page: 'rooms' | 'logging' | 'server' } | { page: 'room'; arn: string };

function read(): Route {
  const [, page, rest] = /^#\/([a-z]+)(?:\/(.+))?$/.exec(location.hash) ?? [];
  if (page === 'room' && rest) {
    try {
      return { page, arn: decodeURIComponent(rest) };
    } catch {
      return { page: 'rooms' };
    }
  }
  return { page: page === 'logging' || page === 'server' ? page : 'rooms' };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const turn = () => setRoute(read());
    addEventListener('hashchange', turn);
    return () => removeEventListener('hashchange', turn);
  }, []);
  return route;
}

export function roomLink(arn: string): string {
  return `#/room/${encodeURIComponent(arn)}`;
}
