import { Component } from 'preact';
import { hueOf } from './looks';
import type { Line, Said } from './session';

type Props = {
  line: Line;
  can: { delete: boolean; kick: boolean };
  onDelete: (line: Said) => void;
  onKick: (line: Said) => void;
};

/** One line. Everything in it came from a stranger and is only ever text. */
export class LineView extends Component<Props> {
  // A line is drawn when it comes and when it is deleted, not at each of the
  // hundred others that come in that second.
  override shouldComponentUpdate(next: Props) {
    return next.line !== this.props.line;
  }

  override render({ line, can, onDelete, onKick }: Props) {
    if (line.kind === 'note') {
      return (
        <li class="note">
          <span>{line.text}</span>
        </li>
      );
    }
    if (line.deleted !== undefined) {
      return (
        <li class="line gone">
          <Face line={line} />
          <p>
            <b>{line.name}</b> <span class="muted">{line.deleted ? `message deleted: ${line.deleted}` : 'message deleted'}</span>
          </p>
        </li>
      );
    }
    return (
      <li class={line.mine ? 'line mine' : 'line'}>
        <Face line={line} />
        <p>
          <b style={{ '--hue': String(hueOf(line.userId)) }}>{line.name}</b> {line.sticker ? <img class="sticker" src={line.sticker} width="120" height="78" alt={line.text} /> : <span>{line.text}</span>}
        </p>
        {(can.delete || can.kick) && (
          <div class="tools">
            {can.delete && (
              <button type="button" class="quiet icon" onClick={() => onDelete(line)} aria-label={`Delete the message of ${line.name}`} title="Delete message">
                <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
                  <path d="M4 5.5h12M8 5V3.5h4V5M5.5 5.5l.7 10.5h7.6l.7-10.5M8.5 8.5v5M11.5 8.5v5" />
                </svg>
              </button>
            )}
            {can.kick && !line.mine && (
              <button type="button" class="quiet icon" onClick={() => onKick(line)} aria-label={`Remove ${line.name}`} title="Remove user">
                <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
                  <circle cx="8.5" cy="6.5" r="3" />
                  <path d="M3 16.5c.3-3.3 2.5-5 5.5-5 1.3 0 2.5.3 3.4 1M13.5 13.5l3.5 3.5m0-3.5l-3.5 3.5" />
                </svg>
              </button>
            )}
          </div>
        )}
      </li>
    );
  }
}

function Face({ line }: { line: Said }) {
  if (line.avatar) return <img class="face" src={line.avatar} width="30" height="30" alt="" />;
  return (
    <span class="face" aria-hidden="true" style={{ '--hue': String(hueOf(line.userId)) }}>
      {[...line.name][0]?.toUpperCase()}
    </span>
  );
}
