import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r5.elementmodel.Element;
import org.hl7.fhir.r5.elementmodel.Manager;
import org.hl7.fhir.r5.model.CanonicalResource;
import org.hl7.fhir.r5.model.CanonicalType;
import org.hl7.fhir.r5.model.StructureDefinition;
import org.hl7.fhir.r5.utils.validation.IResourceValidator;
import org.hl7.fhir.r5.utils.validation.IValidatorResourceFetcher;

/**
 * What a relative reference points to, as far as its own words say: an empty resource of the type it names. The engine looks at
 * the target types of a profile only where a reference resolves, and nothing here is to be fetched from anywhere.
 */
final class ReferredTo implements IValidatorResourceFetcher {
  private static final Pattern RELATIVE = Pattern.compile("([A-Z][A-Za-z]+)/[A-Za-z0-9.-]{1,64}(/_history/.+)?");

  @Override
  public Element fetch(IResourceValidator validator, Object context, String url) {
    Matcher reference = RELATIVE.matcher(url);
    StructureDefinition type =
        reference.matches() ? validator.getContext().fetchTypeDefinition(reference.group(1)) : null;
    return type == null ? null : Manager.build(validator.getContext(), type);
  }

  @Override
  public boolean resolveURL(
      IResourceValidator validator,
      Object context,
      String path,
      String url,
      String type,
      boolean canonical,
      List<CanonicalType> targets) {
    return true;
  }

  @Override
  public byte[] fetchRaw(IResourceValidator validator, String url) {
    return null;
  }

  @Override
  public IValidatorResourceFetcher setLocale(Locale locale) {
    return this;
  }

  @Override
  public CanonicalResource fetchCanonicalResource(IResourceValidator validator, Object context, String url) {
    return null;
  }

  @Override
  public boolean fetchesCanonicalResource(IResourceValidator validator, String url) {
    return false;
  }

  @Override
  public Set<String> fetchCanonicalResourceVersions(IResourceValidator validator, Object context, String url) {
    return Set.of();
  }
}
