// Which rooms of a namespace somebody watches; as long as the tab is open.

export function watchedRooms(namespace: string) {
  const key = `light-push.rooms.${namespace}`;
  return {
    load(): string[] {
      try {
        const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? '[]');
        return Array.isArray(stored) ? stored.filter((one) => typeof one === 'string') : [];
      } catch {
        return [];
      }
    },
    save(rooms: readonly string[]): void {
      sessionStorage.setItem(key, JSON.stringify(rooms));
    },
  };
}
