import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useStore } from '../src/store';
import { type Live, span } from './live';

/** Two minutes of the room at a glance. */
export function Plots({ live }: { live: Live }) {
  const { rates } = live;
  useStore(rates);
  return (
    <section class="panel plots" aria-label="Rates of the last two minutes">
      <Plot title="Messages a second" series={rates.messages} now={String(rates.messages.at(-1) ?? 0)} />
      <Plot title="Events a second" series={rates.events} now={String(rates.events.at(-1) ?? 0)} />
      <Plot title="People connected" series={rates.people} now={String(rates.present ?? '–')} />
    </section>
  );
}

const seconds = Array.from({ length: span }, (_, i) => i - span + 1);

function Plot(props: { title: string; series: Array<number | null>; now: string }) {
  const { title, series, now } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const highest = Math.max(...series.map((v) => v ?? 0));

  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const made = small(el);
    plot.current = made;
    const fit = new ResizeObserver(() => made.setSize({ width: el.clientWidth, height: el.clientHeight }));
    fit.observe(el);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const recolour = () => made.redraw();
    dark.addEventListener('change', recolour);
    return () => {
      dark.removeEventListener('change', recolour);
      fit.disconnect();
      made.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData([seconds, [...series]]));

  return (
    <figure class="plot">
      <figcaption>
        <span class="muted small">{title}</span>
        <strong>{now}</strong>
      </figcaption>
      <div class="canvas" ref={box} role="img" aria-label={`${title}: ${now} now, at most ${highest} in the last two minutes`} />
    </figure>
  );
}

function small(el: HTMLElement): uPlot {
  const colour = () => getComputedStyle(el).color;
  return new uPlot(
    {
      width: el.clientWidth,
      height: el.clientHeight,
      padding: [3, 0, 1, 0],
      legend: { show: false },
      cursor: { show: false },
      select: { show: false, left: 0, top: 0, width: 0, height: 0 },
      axes: [{ show: false }, { show: false }],
      scales: { x: { time: false }, y: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] } },
      series: [{}, { stroke: colour, width: 1.5, fill: () => withAlpha(colour()), points: { show: false } }],
    },
    [seconds, seconds.map(() => 0)],
    el,
  );
}

/** The colour at a tenth of its strength. */
function withAlpha(colour: string): string {
  return `color-mix(in oklab, ${colour} 12%, transparent)`;
}
