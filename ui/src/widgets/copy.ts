import { texts } from "../texts";
import { toast } from "./toast";

export async function copyText(text: string) {
    try {
        await navigator.clipboard.writeText(text);
        toast(texts.state.copied);
    } catch {
        toast(texts.state.notCopied, undefined, "bad");
    }
}
