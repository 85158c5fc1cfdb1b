import { useEffect, useRef, useState } from 'preact/hooks';
import { type Emote, emotes } from './looks';
import type { Session } from './session';

type Flying = { id: number; emote: Emote; left: number; lean: number };

/** Where a stream would be: a slow scene, a title, and emotes flying over it. */
export function Stage(props: { session: Session | undefined; room: string | undefined }) {
  return (
    <section class="stage" aria-label="Stream">
      <div class="screen">
        <Scene />
        <Emotes session={props.session} />
        <span class="live">Live</span>
      </div>
      <div class="about">
        <h1 class="clip">{props.room ?? '\u00a0'}</h1>
        <p class="muted small">A placeholder where your stream would play. The chat beside it is real.</p>
      </div>
    </section>
  );
}

function Emotes({ session }: { session: Session | undefined }) {
  const [flying, setFlying] = useState<Flying[]>([]);
  const next = useRef(0);
  useEffect(
    () =>
      session?.onEmote((emote) => {
        const one = { id: next.current++, emote, left: 8 + Math.random() * 80, lean: Math.random() * 60 - 30 };
        setFlying((all) => [...all.slice(-23), one]);
      }),
    [session],
  );
  return (
    <div class="emotes emoji" aria-hidden="true">
      {flying.map((f) => (
        <span key={f.id} style={{ left: `${f.left}%`, '--lean': `${f.lean}px` }} onAnimationEnd={() => setFlying((all) => all.filter((x) => x.id !== f.id))}>
          {emotes[f.emote]}
        </span>
      ))}
    </div>
  );
}

/** Lights in a room at night, drifting. Drawn small and soft, so it costs little. */
function Scene() {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const g = ref.current?.getContext('2d');
    if (!g) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    let frame = 0;
    let last = 0;
    const step = (now: number) => {
      if (now - last > 40 || last === 0) {
        last = now;
        drawScene(g, now / 1000);
      }
      if (!still) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, []);
  return <canvas ref={ref} width={480} height={270} role="img" aria-label="Two armchairs under a lamp, lights drifting behind them" />;
}

const glows = [
  { hue: 335, x: 0.22, y: 0.3, r: 0.62, speed: 0.11 },
  { hue: 280, x: 0.75, y: 0.22, r: 0.58, speed: 0.08 },
  { hue: 25, x: 0.62, y: 0.85, r: 0.52, speed: 0.13 },
  { hue: 225, x: 0.12, y: 0.9, r: 0.5, speed: 0.1 },
];

function drawScene(g: CanvasRenderingContext2D, t: number) {
  const { width: w, height: h } = g.canvas;
  g.globalCompositeOperation = 'source-over';
  g.fillStyle = '#1a0f1d';
  g.fillRect(0, 0, w, h);
  g.globalCompositeOperation = 'lighter';
  for (const [i, s] of glows.entries()) {
    const x = w * (s.x + 0.12 * Math.sin(t * s.speed * 2 + i));
    const y = h * (s.y + 0.14 * Math.cos(t * s.speed * 1.7 + i * 2));
    disc(g, x, y, w * s.r, `hsl(${s.hue} 75% 45% / 0.5)`);
  }
  for (let i = 0; i < 26; i++) {
    const depth = 0.4 + ((i * 37) % 60) / 100;
    const x = ((i * 137 + t * 7 * depth) % (w + 60)) - 30;
    const y = h * (0.12 + (((i * 61) % 100) / 100) * 0.8) + 9 * Math.sin(t * 0.5 + i);
    const glow = 0.1 + 0.1 * Math.sin(t * 0.8 + i * 1.9) ** 2;
    const r = 5 + 15 * depth * depth;
    const soft = g.createRadialGradient(x, y, r * 0.55, x, y, r);
    soft.addColorStop(0, `hsl(${(320 + i * 13) % 360} 85% 78% / ${glow})`);
    soft.addColorStop(1, 'transparent');
    g.fillStyle = soft;
    g.fillRect(x - r, y - r, 2 * r, 2 * r);
  }
  furniture(g, t);
}

/** Two armchairs and a lamp, against the light. */
function furniture(g: CanvasRenderingContext2D, t: number) {
  const { width: w, height: h } = g.canvas;
  const floor = h * 0.9;
  disc(g, w * 0.5, floor - 96, 150, `hsl(38 90% 62% / ${0.3 + 0.02 * Math.sin(t * 2.1)})`);
  g.globalCompositeOperation = 'source-over';
  g.fillStyle = '#120913';
  g.fillRect(0, floor, w, h - floor);
  for (const side of [-1, 1]) {
    const at = (x: number, y: number, width: number, height: number, round: number) => {
      g.beginPath();
      g.roundRect(w / 2 + side * x - (side < 0 ? width : 0), floor - y, width, height, round);
      g.fill();
    };
    at(122, 92, 26, 84, 12); // back
    at(58, 44, 84, 30, 10); // seat
    at(52, 56, 26, 40, 11); // arm
    at(62, 20, 7, 24, 2);
    at(132, 20, 7, 24, 2);
  }
  g.fillRect(w / 2 - 1.5, floor - 92, 3, 96);
  g.fillRect(w / 2 - 15, floor - 3, 30, 4);
  g.fillStyle = 'hsl(38 85% 68%)';
  g.beginPath();
  g.moveTo(w / 2 - 13, floor - 118);
  g.lineTo(w / 2 + 13, floor - 118);
  g.lineTo(w / 2 + 24, floor - 88);
  g.lineTo(w / 2 - 24, floor - 88);
  g.fill();
}

function disc(g: CanvasRenderingContext2D, x: number, y: number, r: number, colour: string) {
  const fill = g.createRadialGradient(x, y, 0, x, y, r);
  fill.addColorStop(0, colour);
  fill.addColorStop(1, 'transparent');
  g.fillStyle = fill;
  g.fillRect(0, 0, g.canvas.width, g.canvas.height);
}
