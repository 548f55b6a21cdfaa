/** What stands in for a view where there is nothing but a frame and a port. */
window.addEventListener("message", ({ ports: [port] }) => port?.postMessage("ready"));
window.parent.postMessage("hello", "*");
