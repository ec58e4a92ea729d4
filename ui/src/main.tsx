import { render } from "preact";

render(<h1>Cloudpick</h1>, document.getElementById("app")!);
