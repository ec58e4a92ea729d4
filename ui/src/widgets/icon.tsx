// Line icons, drawn for these pages: 20 x 20, 1.6 wide.
const paths = {
    plus: "M10 4v12M4 10h12",
    close: "m5 5 10 10M15 5 5 15",
    check: "m4.5 10.5 3.6 3.6 7.4-8",
    chevron: "m7.5 5 5 5-5 5",
    down: "m5 7.5 5 5 5-5",
    back: "m12.5 5-5 5 5 5",
    sun: "M10 6.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8ZM10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M15.7 4.3l-1.2 1.2M5.5 14.5l-1.2 1.2",
    moon: "M16.2 12.2A6.8 6.8 0 0 1 7.8 3.8a6.6 6.6 0 1 0 8.4 8.4Z",
    clock: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm0 3.4V10l2.6 1.8",
    warn: "M10 3.4 17.4 16H2.6L10 3.4Zm0 4.8v3.4M10 13.9v.1",
    sheet: "M4 3.5h12v13H4zM4 8h12M4 12.2h12M9 8v8.5",
    photos: "M3.5 5.5h13v10h-13zM3.5 13l3.6-3.6 3 3 2.2-2.2 4.2 4.2M13 8.4v.1",
    folder: "M2.8 5h5l1.6 2h7.8v8.5H2.8z",
    zip: "M5 3h10v14H5zM10 3v1.5M10 6.5V8M10 10v1M8.6 12.6h2.8v2H8.6z",
    upload: "M10 13V4m0 0L6.4 7.6M10 4l3.6 3.6M3.5 13v3h13v-3",
    download: "M10 4v9m0 0 3.6-3.6M10 13 6.4 9.4M3.5 13v3h13v-3",
    turnRight: "M15.5 4v4h-4M15.2 8A6 6 0 1 0 16 12",
    turnLeft: "M4.5 4v4h4M4.8 8A6 6 0 1 1 4 12",
    leaveOut: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM5.2 5.2l9.6 9.6",
    undo: "M7.6 4 4 7.6l3.6 3.6M4 7.6h7.5a4.4 4.4 0 0 1 0 8.8H8",
    move: "M10 3v14M3 10h14M10 3 8 5M10 3l2 2M10 17l-2-2M10 17l2-2M3 10l2-2M3 10l2 2M17 10l-2-2M17 10l-2 2",
    link: "M8.6 11.4a3 3 0 0 0 4.3 0l2.6-2.6a3 3 0 0 0-4.3-4.3l-1 1M11.4 8.6a3 3 0 0 0-4.3 0l-2.6 2.6a3 3 0 0 0 4.3 4.3l1-1",
    copy: "M7 7h9v9H7zM4 13V4h9",
    pause: "M7 4.5v11M13 4.5v11",
    play: "M6.5 4.2v11.6l9-5.8z",
    search: "M8.8 3.6a5.2 5.2 0 1 0 0 10.4 5.2 5.2 0 0 0 0-10.4Zm3.8 9 4 4",
    edit: "m4 16 .8-3.4 8.6-8.6 2.6 2.6-8.6 8.6L4 16Z",
    trash: "M4 5.5h12M8 5.5V3.6h4v1.9M5.4 5.5l.8 11h7.6l.8-11M8.4 8.5v5M11.6 8.5v5",
    person: "M10 3.4a3.3 3.3 0 1 0 0 6.6 3.3 3.3 0 0 0 0-6.6ZM3.6 16.8a6.4 6.4 0 0 1 12.8 0",
    keyboard: "M2.5 5.5h15v9h-15zM5.5 8.4v.1M8.5 8.4v.1M11.5 8.4v.1M14.5 8.4v.1M6.5 11.6h7",
    more: "M4.5 10v.1M10 10v.1M15.5 10v.1",
    reset: "M4.5 4v4h4M4.8 8A6 6 0 1 1 4 12M10 7v3.4l2.2 1.4",
    eye: "M2.5 10S5.2 5 10 5s7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5ZM10 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4Z",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
    return (
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
            <path d={paths[name]} />
        </svg>
    );
}
