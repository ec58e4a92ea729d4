// Numbers, sizes and times as people read them.
import { texts } from "./texts";

const numberFormat = new Intl.NumberFormat(texts.locale);

export const count = (n: number) => numberFormat.format(n);

/** "1.3 MB": decimal units, three significant digits at most. */
export function bytes(n: number): string {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let unit = 0;
    let value = n;
    while (value >= 999.5 && unit < units.length - 1) {
        value /= 1000;
        unit++;
    }
    const digits = unit === 0 || value >= 99.95 ? 0 : 1;
    return `${value.toFixed(digits).replace(/\.0$/, "")} ${units[unit]}`;
}

/** Whole percent, never 100 before it is all. */
export function percent(part: number, whole: number): number {
    if (whole <= 0) return 0;
    return part >= whole ? 100 : Math.min(99, Math.floor((part / whole) * 100));
}

/** "about 2 min" of seconds that are an estimate anyway. */
export function timeLeft(seconds: number): string {
    const time = texts.time;
    if (!Number.isFinite(seconds)) return "";
    if (seconds < 5) return time.fewSeconds;
    if (seconds < 55) return time.aboutSeconds(Math.ceil(seconds / 5) * 5);
    if (seconds < 55 * 60) return time.aboutMinutes(Math.round(seconds / 60) || 1);
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.round((seconds - hours * 3600) / 60 / 5) * 5;
    return minutes === 60 ? time.aboutHours(hours + 1, 0) : time.aboutHours(hours, minutes);
}

/** "20 days 4 h", "3 h 12 min", "12 min": two units at most, rounded down. */
export function remaining(milliseconds: number): string {
    const minutes = Math.max(0, Math.floor(milliseconds / 60000));
    const days = Math.floor(minutes / 1440);
    const hours = Math.floor((minutes % 1440) / 60);
    if (days > 0) return texts.time.daysHours(days, hours);
    if (hours > 0) return texts.time.hoursMinutes(hours, minutes % 60);
    return texts.time.minutes(minutes);
}

const dayFormat = new Intl.DateTimeFormat(texts.locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
});
const momentFormat = new Intl.DateTimeFormat(texts.locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
});

export const day = (time: string) => dayFormat.format(new Date(time));
export const moment = (time: string) => momentFormat.format(new Date(time));

/** "just now", "12 min ago", then the day. */
export function ago(time: string, now: number): string {
    const minutes = Math.floor((now - Date.parse(time)) / 60000);
    if (minutes < 1) return texts.time.justNow;
    if (minutes < 60) return texts.time.minutesAgo(minutes);
    if (minutes < 1440) return texts.time.hoursAgo(Math.floor(minutes / 60));
    return day(time);
}
