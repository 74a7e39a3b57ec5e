import { CodeInjectionDetector } from './code-injection.detector';
import { CommandInjectionDetector } from './command-injection.detector';
import { CrossSiteScriptingDetector } from './cross-site-scripting.detector';
import { DeserializationDetector } from './deserialization.detector';
import { type Detector } from './detector';
import { FileInclusionDetector } from './file-inclusion.detector';
import { HeaderInjectionDetector } from './header-injection.detector';
import { JndiInjectionDetector } from './jndi-injection.detector';
import { LdapInjectionDetector, XpathInjectionDetector } from './ldap-injection.detector';
import { NosqlInjectionDetector } from './nosql-injection.detector';
import { ObfuscationDetector } from './obfuscation.detector';
import { PathTraversalDetector } from './path-traversal.detector';
import { PrototypePollutionDetector } from './prototype-pollution.detector';
import { SensitiveFileDetector } from './sensitive-file.detector';
import { ServerSideRequestForgeryDetector } from './server-side-request-forgery.detector';
import { SqlInjectionDetector } from './sql-injection.detector';
import { TemplateInjectionDetector } from './template-injection.detector';
import { XmlInjectionDetector } from './xml-injection.detector';

/** Every built-in detector. They share nothing and may run in any order. */
export const DETECTORS: readonly Detector[] = [
  new SqlInjectionDetector(),
  new CrossSiteScriptingDetector(),
  new CommandInjectionDetector(),
  new PathTraversalDetector(),
  new SensitiveFileDetector(),
  new FileInclusionDetector(),
  new ServerSideRequestForgeryDetector(),
  new TemplateInjectionDetector(),
  new CodeInjectionDetector(),
  new NosqlInjectionDetector(),
  new PrototypePollutionDetector(),
  new LdapInjectionDetector(),
  new XpathInjectionDetector(),
  new XmlInjectionDetector(),
  new DeserializationDetector(),
  new JndiInjectionDetector(),
  new HeaderInjectionDetector(),
  new ObfuscationDetector(),
];
