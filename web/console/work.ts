import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { fieldWords, planeWords } from './plane';

/** A deed under way: what to show while it goes on and when it went wrong. */
export function useWork() {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const [fields, setFields] = useState<Record<string, string>>({});
  const run = useCallback(async (deed: () => Promise<void>) => {
    setBusy(true);
    setWrong('');
    setFields({});
    try {
      await deed();
    } catch (e) {
      setWrong(planeWords(e));
      setFields(fieldWords(e));
    } finally {
      setBusy(false);
    }
  }, []);
  return { busy, wrong, fields, run, forget: useCallback(() => setWrong(''), []) };
}

/** Something fetched: undefined until it came; again() fetches it anew. */
export function useFetched<T>(get: () => Promise<T>, keys: unknown[]) {
  const [value, setValue] = useState<T>();
  const [failure, setFailure] = useState<unknown>();
  const latest = useRef(get);
  latest.current = get;
  const again = useCallback(async () => {
    try {
      setValue(await latest.current());
      setFailure(undefined);
    } catch (e) {
      setFailure(e);
    }
  }, []);
  useEffect(() => {
    setValue(undefined);
    setFailure(undefined);
    void again();
  }, keys);
  return { value, failure, again };
}

/** Names the tab, so that one finds it among others and hears where one is. */
export function useTitle(title: string | undefined) {
  useEffect(() => {
    if (title) document.title = `${title} · Parlor console`;
  }, [title]);
}

/** Calls tick every so often while the tab can be seen. */
export function useEvery(milliseconds: number, tick: () => unknown) {
  const latest = useRef(tick);
  latest.current = tick;
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') latest.current();
    }, milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}
