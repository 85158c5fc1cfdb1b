import { useEffect, useReducer } from 'preact/hooks';

/**
 * A store tells its listeners that it changed, at most once a frame: a room
 * at a hundred messages a second must not draw a hundred times.
 */
export class Store {
  private listeners = new Set<() => void>();
  private waiting = false;
  /** How often this has changed. */
  version = 0;

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  protected changed() {
    this.version++;
    if (this.waiting) return;
    this.waiting = true;
    const tell = () => {
      if (!this.waiting) return;
      this.waiting = false;
      for (const listener of [...this.listeners]) listener();
    };
    requestAnimationFrame(tell);
    setTimeout(tell, 250); // a tab in the background gets no frames
  }
}

/** Draws the component again whenever the store changed. */
export function useStore(store: Store | undefined) {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const drawn = store?.version;
  useEffect(() => {
    if (store && store.version !== drawn) redraw(undefined); // it changed before we listened
    return store?.subscribe(() => redraw(undefined));
  }, [store]);
}
