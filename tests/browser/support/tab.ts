/** One page of a driven browser, in the few words that both drivers have. */
export interface Tab {
  goto(url: string): Promise<void>;
  /** Goes back, as by the button. */
  back(): Promise<void>;
  /** Takes the network away and gives it back, as far as the driver can. */
  setOffline(isOffline: boolean): Promise<void>;
  focus(selector: string): Promise<void>;
  type(text: string): Promise<void>;
  press(key: string): Promise<void>;
  click(selector: string): Promise<void>;
  /** Runs an expression as the developer console does, outside the page's own rules for scripts. */
  evaluate(expression: string): Promise<unknown>;
  resize(width: number, height: number): Promise<void>;
  screenshot(path: string): Promise<void>;
  close(): Promise<void>;
}

/** A driven browser. */
export interface Engine {
  /** Opens a page with storage of its own; `note` is told what its console says. */
  openTab(note: (line: string) => void): Promise<Tab>;
  close(): Promise<void>;
}

/** What a browser is launched with. */
export interface LaunchOptions {
  readonly executablePath: string;
  /** An empty folder, which the caller removes when the browser has ended. */
  readonly profile: string;
  readonly env: Record<string, string>;
  readonly scheme: 'light' | 'dark';
  /** Whether certificates that nobody vouches for will do. */
  readonly acceptInsecureCerts: boolean;
  /** Whether pages that are left may be kept whole, as browsers of people do. */
  readonly keepsPages: boolean;
}

/** The size of a page until it is resized. */
export const VIEWPORT = { width: 1200, height: 800 };

/** Says violations of a page's content security policy on its console; runs before its scripts. */
export const REPORT_VIOLATIONS = `addEventListener('securitypolicyviolation', (violation) => {
  console.error(
    'content security policy: ' + violation.violatedDirective + ' refused ' +
      (violation.blockedURI || 'inline') + ' in ' + (violation.sourceFile || document.URL),
  );
});`;
