import type { ComponentChildren, HTMLAttributes } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

type Props = {
  /** How many rows there are, and how high each is. */
  count: number;
  height: number;
  /** How many rows were dropped from the head so far: row i is number base+i. */
  base?: number;
  row: (index: number) => ComponentChildren;
  /** Stay at the end as rows come; onFollow says when the reader leaves or returns to it. */
  follow?: boolean;
  onFollow?: (follow: boolean) => void;
  /** The row to keep in view, for the arrow keys. */
  show?: number | undefined;
  attributes?: HTMLAttributes<HTMLDivElement>;
};

const spare = 6; // rows drawn beyond either edge

/** A long list of rows of one height, of which only those in view exist. */
export function Rows(props: Props) {
  const { count, height, base = 0, follow = false, show } = props;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [room, setRoom] = useState(600);
  const before = useRef(base);

  useEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(([entry]) => setRoom(entry?.contentRect.height ?? 600));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);

  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return;
    if (follow) {
      el.scrollTop = count * height;
    } else if (base !== before.current) {
      el.scrollTop -= (base - before.current) * height; // rows left above: what is read stays put
    }
    before.current = base;
    setTop(el.scrollTop);
  }, [count, base, follow, height, room]);

  useLayoutEffect(() => {
    const el = box.current;
    if (!el || show === undefined) return;
    if (show * height < el.scrollTop) el.scrollTop = show * height;
    else if ((show + 1) * height > el.scrollTop + el.clientHeight) el.scrollTop = (show + 1) * height - el.clientHeight;
  }, [show, height]);

  const scrolled = useCallback(() => {
    const el = box.current;
    if (!el) return;
    setTop(el.scrollTop);
    const atEnd = el.scrollHeight - el.scrollTop - el.clientHeight < height * 1.5;
    if (atEnd !== follow) props.onFollow?.(atEnd);
  }, [follow, height, props.onFollow]);

  const first = Math.max(0, Math.floor(top / height) - spare);
  const last = Math.min(count, Math.ceil((top + room) / height) + spare);
  const drawn = [];
  for (let i = first; i < last; i++) {
    drawn.push(
      <div key={base + i} class="vrow" role="presentation" style={{ transform: `translateY(${i * height}px)`, height: `${height}px` }}>
        {props.row(i)}
      </div>,
    );
  }
  return (
    <div {...props.attributes} class={`vrows ${props.attributes?.class ?? ''}`} ref={box} onScroll={scrolled} tabIndex={0}>
      <div role="presentation" style={{ height: `${count * height}px` }}>
        {drawn}
      </div>
    </div>
  );
}
