// Starts the language server for policy files. Everything it knows is in `editor/lsp`.

const { workspace, window } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

exports.activate = async function activate(context) {
    const command = workspace.getConfiguration("entitle").get("server.path") || "entitle-lsp";
    const server = { command, transport: TransportKind.stdio };
    client = new LanguageClient("entitle", "entitle", { run: server, debug: server }, {
        documentSelector: [{ scheme: "file", language: "policy" }],
        synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.policy") },
    });
    try {
        await client.start();
    } catch (error) {
        window.showErrorMessage(`entitle: “${command}” does not start (${error.message}). Build it with ` +
            "`cargo install --path editor/lsp`, or set `entitle.server.path`.");
    }
};

exports.deactivate = function deactivate() {
    return client ? client.stop() : undefined;
};
