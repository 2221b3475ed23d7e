// The newest points of lines that grow while somebody looks.

export interface Point<T> {
  time: number;
  values: T;
}

export class Ring<T> {
  private points: Point<T>[] = [];

  constructor(private readonly limit: number) {}

  push(time: number, values: T): void {
    this.points.push({ time, values });
    if (this.points.length > this.limit) this.points.splice(0, this.points.length - this.limit);
  }

  /** A copy: what draws it may keep it. */
  all(): Point<T>[] {
    return this.points.slice();
  }

  get last(): Point<T> | undefined {
    return this.points.at(-1);
  }

  clear(): void {
    this.points = [];
  }
}
