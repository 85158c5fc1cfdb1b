import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

/** The mark: two chairs' worth of speech, facing. */
export function Brand(props: { href?: string; children?: ComponentChildren }) {
  return (
    <a class="brand" href={props.href ?? './'}>
      <svg viewBox="0 0 26 26" fill="none" aria-hidden="true">
        <path d="M3 8.5A5.5 5.5 0 0 1 8.5 3h5A5.5 5.5 0 0 1 19 8.5 5.5 5.5 0 0 1 13.5 14H8l-3.8 2.8a.75.75 0 0 1-1.2-.6z" fill="currentColor" />
        <path d="M21.3 11.2A5 5 0 0 1 23 15v7.2a.75.75 0 0 1-1.2.6L18.2 20H13a5 5 0 0 1-4.6-3H14a7.5 7.5 0 0 0 7.3-5.8z" fill="currentColor" opacity=".45" />
      </svg>
      {props.children ?? 'Parlor'}
    </a>
  );
}

export function Notice(props: { kind?: 'bad' | 'warn' | 'info'; onClose?: () => void; children: ComponentChildren }) {
  const urgent = props.kind === 'bad';
  return (
    <div class={`notice ${props.kind ?? ''}`} role={urgent ? 'alert' : 'status'}>
      <div class="grow">{props.children}</div>
      {props.onClose && (
        <button type="button" class="quiet smaller" onClick={props.onClose}>
          Dismiss
        </button>
      )}
    </div>
  );
}

type FieldProps = {
  label: string;
  hint?: ComponentChildren;
  wrong?: string | undefined;
  children: (attributes: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }) => JSX.Element;
};

/** A labelled control with its hint and what is wrong with it. */
export function Field({ label, hint, wrong, children }: FieldProps) {
  const id = useId();
  const note = hint || wrong ? `${id}-note` : undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(note && { 'aria-describedby': note }), ...(wrong && { 'aria-invalid': true }) })}
      {note && (
        <div id={note}>
          {wrong && <p class="wrong">{wrong}</p>}
          {hint && <p class="hint">{hint}</p>}
        </div>
      )}
    </div>
  );
}

/** A button that shows that its work goes on and cannot be pressed meanwhile. */
export function WorkButton(props: { busy: boolean; class?: string; type?: 'submit' | 'button'; onClick?: () => void; disabled?: boolean; children: ComponentChildren }) {
  return (
    <button type={props.type ?? 'submit'} class={props.class ?? 'primary'} disabled={props.busy || props.disabled} aria-busy={props.busy} onClick={props.onClick}>
      {props.busy && <span class="spin" aria-hidden="true" />}
      {props.children}
    </button>
  );
}

/** A modal dialog that opens when mounted; Escape and the backdrop close it. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={props.onClose}
      onMouseDown={(e) => {
        if (e.target === ref.current) props.onClose();
      }}
    >
      <div>
        <h2 id={id}>{props.title}</h2>
        {props.children}
      </div>
    </dialog>
  );
}

/** Copies text and says that it did. */
export function CopyButton(props: { text: string; label?: string; class?: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1600);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text);
    } catch {
      copyBySelection(props.text); // no clipboard on a page that came by plain HTTP
    }
    setDone(true);
  };
  return (
    <button type="button" class={props.class ?? 'smaller'} onClick={() => void copy()}>
      {done ? 'Copied' : (props.label ?? 'Copy')}
    </button>
  );
}

function copyBySelection(text: string) {
  const area = document.createElement('textarea');
  area.value = text;
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
