import { useId } from 'preact/hooks';

export type Pair = { key: string; value: string };

export function pairsOf(map: Record<string, string> | undefined): Pair[] {
  return Object.entries(map ?? {}).map(([key, value]) => ({ key, value }));
}

/** The pairs as a map; rows without a key are not there. */
export function mapOf(pairs: Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.filter((p) => p.key !== '').map((p) => [p.key, p.value]));
}

/** What turns the tags before into those after. */
export function changes(before: Record<string, string>, after: Record<string, string>) {
  const gone = Object.keys(before).filter((k) => !Object.hasOwn(after, k));
  const set = Object.fromEntries(Object.entries(after).filter(([k, v]) => !Object.hasOwn(before, k) || before[k] !== v));
  return { gone, set };
}

/** Edits tags or attributes, a row each. */
export function Pairs(props: { label: string; one: string; pairs: Pair[]; wrong: string | undefined; onChange: (pairs: Pair[]) => void }) {
  const { label, one, pairs, wrong, onChange } = props;
  const id = useId();
  const set = (i: number, change: Partial<Pair>) => onChange(pairs.map((p, j) => (j === i ? { ...p, ...change } : p)));
  return (
    <fieldset class="pairs" aria-labelledby={id}>
      <div class="row">
        <span id={id} class="label grow">
          {label}
        </span>
        <button type="button" class="smaller" onClick={() => onChange([...pairs, { key: '', value: '' }])}>
          Add {one}
        </button>
      </div>
      {wrong && <p class="wrong">{wrong}</p>}
      {pairs.map((p, i) => (
        <div class="row" key={i}>
          <input
            aria-label={`${one} ${i + 1} key`}
            placeholder="Key"
            required={p.value !== ''}
            ref={(el) => el?.setCustomValidity(p.key !== '' && pairs.findIndex((q) => q.key === p.key) < i ? 'This key stands above already.' : '')}
            value={p.key}
            onInput={(e) => set(i, { key: e.currentTarget.value })}
          />
          <input aria-label={`${one} ${i + 1} value`} placeholder="Value" value={p.value} onInput={(e) => set(i, { value: e.currentTarget.value })} />
          <button type="button" class="quiet icon" aria-label={`Remove ${one} ${i + 1}`} onClick={() => onChange(pairs.filter((_, j) => j !== i))}>
            ×
          </button>
        </div>
      ))}
    </fieldset>
  );
}

/** Tags as chips; long ones are cut. */
export function Tags(props: { tags: Record<string, string> | undefined; all?: boolean }) {
  const all = Object.entries(props.tags ?? {});
  if (all.length === 0) return null;
  const shown = props.all ? all : all.slice(0, 2);
  return (
    <span class="tags">
      {shown.map(([k, v]) => (
        <span key={k} class="chip clip" title={`${k}: ${v}`}>
          {v ? `${k}: ${v}` : k}
        </span>
      ))}
      {all.length > shown.length && <span class="chip">+{all.length - shown.length}</span>}
    </span>
  );
}
