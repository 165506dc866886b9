#!/usr/bin/env python3
"""Looks at the household page in a headless browser, through chromedriver and the standard library alone.

    page.py PAGE.zh.html PAGE.en.html PAGE.hostile.html FOLDER

Checks unfolding by mouse and by keyboard, the language, that nothing is loaded and nothing is said on the console, that
hostile text stays text, that nothing runs over a narrow screen, and that what is folded prints; leaves screenshots in FOLDER.
"""

import base64
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request


class Browser:
    """One window of a headless browser."""

    def __init__(self, dark=False):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        driver = shutil.which("chromedriver") or sys.exit("chromedriver is not installed: apt-get install chromium-driver")
        self.driver = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.at = f"http://127.0.0.1:{port}"
        args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"]
        if dark:
            args.append("--force-dark-mode")
        options = {"args": args}
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        for attempt in range(50):
            try:
                made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
                break
            except OSError:
                if attempt == 49:
                    raise
                time.sleep(0.2)
        self.at += f"/session/{made['sessionId']}"

    def call(self, method, path, body=None):
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.at + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def run(self, script, *args):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def cdp(self, command, **params):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def open(self, path, width, height, phone=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.call("POST", "/url", {"url": pathlib.Path(path).resolve().as_uri()})

    def scheme(self, name):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def picture(self, path, whole=False):
        shot = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))

    def paper(self, path):
        made = self.call("POST", "/print", {"page": {"width": 21.0, "height": 29.7}, "background": True})
        pathlib.Path(path).write_bytes(base64.b64decode(made))

    def said(self):
        return [e for e in self.call("POST", "/se/log", {"type": "browser"}) if e["level"] in ("WARNING", "SEVERE")]

    def loaded(self):
        found = []
        for entry in self.call("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return found

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


def check(holds, what):
    if not holds:
        raise AssertionError(what)
    print(f"ok  {what}")


OVER = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """return [...document.querySelectorAll('summary')].filter(s => s.getBoundingClientRect().height > 0
    && s.getBoundingClientRect().height < 24).length"""
CONTRAST = """
const rgb = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number);
const light = c => { const [r, g, b] = rgb(c).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 });
    return .2126 * r + .7152 * g + .0722 * b };
const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$|transparent/.test(c)) return c } return 'rgb(255,255,255)' };
return [...document.querySelectorAll('h1,h2,p,li,td,span,b')].filter(e => e.innerText && e.innerText.trim()).map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    return (a + .05) / (b + .05) }).reduce((a, b) => Math.min(a, b), 21)"""


def main(chinese, english, hostile, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    browser = Browser()
    try:
        for path, language, word in [(chinese, "zh-CN", "政策匹配结果"), (english, "en", "Which assistance applies")]:
            browser.open(path, 1200, 1000)
            check(browser.run("return document.documentElement.lang") == language, f"{language}: the page says its language")
            check(word in browser.run("return document.title + document.body.innerText"), f"{language}: it is in it")
            check(browser.run("return document.scripts.length") == 0, f"{language}: no script")
            closed = "return document.querySelectorAll('details:not([open])').length"
            before = browser.run(closed)
            check(before > 0, f"{language}: something is folded")
            browser.run("document.querySelector('details:not([open]) > summary').click()")
            check(browser.run(closed) == before - 1, f"{language}: it unfolds")
            browser.run("document.querySelector('details:not([open]) > summary').focus()")
            focused = browser.run("return document.activeElement.tagName")
            check(focused == "SUMMARY", f"{language}: it can be reached by keyboard")
            check(browser.run(OVER) <= 0, f"{language}: nothing runs over the desktop page")
            for scheme in ("light", "dark"):
                browser.scheme(scheme)
                least = browser.run(CONTRAST)
                check(least >= 4.5, f"{language}: every text stands out in {scheme} ({least:.1f} to 1)")
                browser.picture(folder / f"desktop-{language}-{scheme}.png", whole=True)
            browser.scheme("light")
            browser.open(path, 390, 844, phone=True)
            check(browser.run(OVER) <= 0, f"{language}: nothing runs over a phone")
            check(browser.run(SMALL) == 0, f"{language}: what is tapped is large enough")
            browser.picture(folder / f"phone-{language}.png", whole=True)
            browser.cdp("Emulation.setEmulatedMedia", media="print")
            hidden = """return [...document.querySelectorAll('details')].filter(d => !d.open).filter(d =>
                [...d.children].some(c => c.tagName !== 'SUMMARY' && c.getBoundingClientRect().height === 0)).length"""
            check(browser.run(hidden) == 0, f"{language}: what is folded prints")
            browser.cdp("Emulation.setEmulatedMedia", media="")
            browser.paper(folder / f"paper-{language}.pdf")
        browser.open(hostile, 1200, 1000)
        check(browser.run("return document.scripts.length + document.images.length + document.querySelectorAll('iframe,a,form').length") == 0,
              "hostile text makes no element")
        check(browser.run("return window.hit === undefined"), "hostile text runs nothing")
        check("<script>" in browser.run("return document.body.innerText"), "hostile text is shown as text")
        check(browser.said() == [], "nothing is said on the console")
        check(all(url.startswith(("file:", "data:", "about:")) for url in browser.loaded()), "nothing is loaded")
    finally:
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
