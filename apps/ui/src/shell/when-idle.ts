/** Loads ahead what will be wanted, when nothing else is to be done; the answer calls it off. What fails is asked for again when it is wanted. */
const afterMs = 1_500;

export function whenIdle(load: () => Promise<unknown>): () => void {
  const ahead = () => void load().catch(() => {});
  const timer = setTimeout(() => ('requestIdleCallback' in globalThis ? requestIdleCallback(ahead) : ahead()), afterMs);
  return () => clearTimeout(timer);
}
