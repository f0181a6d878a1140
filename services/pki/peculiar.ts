/** The one importer of @peculiar/x509, which throws unless reflect-metadata was loaded before it. */
import 'reflect-metadata';

export {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate as ParsedCertificate,
  X509CertificateGenerator,
  type JsonGeneralNames,
  type JsonNameParams,
} from '@peculiar/x509';
