// What the person chose in this browser. A browser that refuses storage only
// forgets the choice.

export function recall<T extends string>(key: string, allowed: readonly T[]): T | undefined {
  try {
    const v = localStorage.getItem(`menshen.${key}`);
    return allowed.find((a) => a === v);
  } catch {
    return undefined;
  }
}

export function remember(key: string, value: string) {
  try {
    localStorage.setItem(`menshen.${key}`, value);
  } catch {
    /* not remembered */
  }
}
