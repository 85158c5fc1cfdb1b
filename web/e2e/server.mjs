import { mock } from './mock.mjs';
export async function serve() {
  const m = await mock();
  return { url: m.url, key: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x', region: 'us-east-1' }, close: async () => m.close() };
}
