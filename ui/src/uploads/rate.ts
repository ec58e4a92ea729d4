// How fast something goes, from the last seconds only: what was before tells nothing about now.

const window_ms = 10_000;

export class RateMeter {
    private samples: { at: number; total: number }[] = [];

    add(at: number, total: number) {
        const last = this.samples.at(-1);
        if (last && total < last.total) this.samples = [];
        this.samples.push({ at, total });
        while (this.samples.length > 2 && at - this.samples[1]!.at >= window_ms)
            this.samples.shift();
    }

    /** Per second; 0 while that is not known. */
    perSecond(): number {
        const first = this.samples[0];
        const last = this.samples.at(-1);
        if (!first || !last || last.at - first.at < 500) return 0;
        return ((last.total - first.total) * 1000) / (last.at - first.at);
    }

    /** Until `goal`, in seconds; Infinity while that is not known. */
    secondsUntil(goal: number): number {
        const last = this.samples.at(-1);
        const rate = this.perSecond();
        return last && rate > 0 ? Math.max(0, goal - last.total) / rate : Infinity;
    }

    reset() {
        this.samples = [];
    }
}
