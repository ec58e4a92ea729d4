// sharp in process, on one thread: processor milliseconds a photo, one a line.
//   node sharp.js PHOTO SIDE QUALITY REPEATS OUT [mozjpeg|standard]
// standard: with the standard's Huffman codes, not those made for the picture.
const fs = require('fs');
const sharp = require('sharp');

sharp.concurrency(1);
sharp.cache(false);

async function main([photo, side, quality, repeats, out, kind]) {
    const codes = kind === 'standard' ? { optimiseCoding: false } : {};
    const input = fs.readFileSync(photo);
    for (let i = 0; i <= Number(repeats); i++) {
        const before = process.cpuUsage();
        const jpeg = await sharp(input)
            .rotate()
            .resize(Number(side), Number(side), { fit: 'inside', withoutEnlargement: true })
            .jpeg({ quality: Number(quality), mozjpeg: kind === 'mozjpeg', ...codes })
            .toBuffer();
        const used = process.cpuUsage(before);
        if (i === 0) {
            fs.writeFileSync(out, jpeg); // the first one warms up
        } else {
            console.log(((used.user + used.system) / 1000).toFixed(2));
        }
    }
    console.log(`memory ${Math.round(process.resourceUsage().maxRSS / 1024)}`);
}

main(process.argv.slice(2));
