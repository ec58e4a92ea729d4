// Something read from the server for as long as a component shows it.
import { useEffect, useState } from "preact/hooks";

import { asProblem, get, type Problem } from "../api";

export function useFetched<T>(path: string) {
    const [value, setValue] = useState<T | null>(null);
    const [problem, setProblem] = useState<Problem | null>(null);
    const load = async () => {
        try {
            setValue(await get<T>(path));
            setProblem(null);
        } catch (error) {
            setProblem(asProblem(error));
        }
    };
    useEffect(() => {
        void load();
    }, [path]);
    return { value, problem, load };
}
