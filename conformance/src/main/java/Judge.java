import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirDefaultPolicyAdvisor;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r5.utils.validation.IResourceValidator;
import org.hl7.fhir.r5.utils.validation.constants.ReferenceValidationPolicy;

/**
 * Validates FHIR R4 resources with HL7's own engine. Reads one JSON object a line, {@code {"id", "profile"?, "resource"}}, and
 * writes {@code {"id", "issues": [{"severity", "location", "code", "text"}]}} for each. Nothing is fetched from anywhere.
 *
 * <p>The argument is the folder of the compiled profiles.
 */
public final class Judge {
  public static void main(String[] arguments) throws IOException {
    FhirContext context = FhirContext.forR4();
    FhirValidator validator = validator(context, Path.of(arguments[0]));
    ObjectMapper json = new ObjectMapper();
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(judge(json, validator, json.readTree(line)));
    }
    out.flush();
  }

  private static FhirValidator validator(FhirContext context, Path folder) throws IOException {
    PrePopulatedValidationSupport ours = new PrePopulatedValidationSupport(context);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
      for (Path file : files) {
        ours.addResource((IBaseResource) context.newJsonParser().parseResource(Files.readString(file)));
      }
    }
    // Codes of systems whose content nobody ships (LOINC, DICOM) cannot be judged offline: a warning, not an error.
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
    ValidationSupportChain chain =
        new ValidationSupportChain(
            ours,
            new DefaultProfileValidationSupport(context),
            new CommonCodeSystemsTerminologyService(context),
            new InMemoryTerminologyServerValidationSupport(context),
            unknown);
    FhirInstanceValidator module = new FhirInstanceValidator(chain);
    module.setAnyExtensionsAllowed(true);
    // What others have defined is not here, so that it cannot be judged; whether ours exist is judged by the caller.
    module.setErrorForUnknownProfiles(false);
    module.setValidatorResourceFetcher(new ReferredTo());
    module.setValidatorPolicyAdvisor(
        new FhirDefaultPolicyAdvisor() {
          @Override
          public ReferenceValidationPolicy policyForReference(
              IResourceValidator validator, Object context, String path, String url, ReferenceDestinationType type) {
            return ReferenceValidationPolicy.CHECK_TYPE_IF_EXISTS;
          }
        });
    return context.newValidator().registerValidatorModule(module);
  }

  private static ObjectNode judge(ObjectMapper json, FhirValidator validator, JsonNode task) {
    ObjectNode answer = json.createObjectNode().put("id", task.get("id").asText());
    ArrayNode issues = answer.putArray("issues");
    ValidationOptions options = new ValidationOptions();
    if (task.hasNonNull("profile")) {
      options.addProfile(task.get("profile").asText());
    }
    for (SingleValidationMessage message : messages(validator, task.get("resource").toString(), options)) {
      // A lower severity is advice, such as narrative for everything, which this gateway never writes.
      if (message.getSeverity().ordinal() < ResultSeverityEnum.ERROR.ordinal()) {
        continue;
      }
      issues
          .addObject()
          .put("severity", message.getSeverity().getCode())
          .put("location", message.getLocationString())
          .put("code", message.getMessageId())
          .put("text", message.getMessage());
    }
    return answer;
  }

  /** Some misshapen JSON makes the engine throw instead of saying so; that is a refusal all the same. */
  private static List<SingleValidationMessage> messages(
      FhirValidator validator, String resource, ValidationOptions options) {
    try {
      return validator.validateWithResult(resource, options).getMessages();
    } catch (RuntimeException thrown) {
      SingleValidationMessage message = new SingleValidationMessage();
      message.setSeverity(ResultSeverityEnum.FATAL);
      message.setMessageId("thrown");
      message.setMessage(thrown.getClass().getSimpleName());
      return List.of(message);
    }
  }

  private Judge() {}
}
